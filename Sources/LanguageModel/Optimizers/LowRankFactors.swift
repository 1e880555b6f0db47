import FileSupport
import LinearAlgebra

/// Training through low-rank factors (LoRA, Hu et al. 2021, arXiv 2106.09685): which linear layers, and how.
public struct LowRankConfiguration: Codable, Sendable, Equatable {
    /// r: columns of B and rows of A; PEFT's `r`.
    public var rank: Int
    /// α, so that the update is (α/r) B A; PEFT's `lora_alpha`.
    public var alpha: Double
    /// Layers by the ends of their names, such as `c_attn`; `all-linear` for all of the blocks; PEFT's `target_modules`.
    public var modules: [String]

    /// The word for all linear layers of the blocks.
    public static let allLinear = "all-linear"

    /// Makes a configuration.
    public init(rank: Int, alpha: Double, modules: [String]) {
        (self.rank, self.alpha, self.modules) = (rank, alpha, modules)
    }

    /// α/r.
    var scale: Float { Float(alpha / Double(rank)) }

    /// How many numbers the factors are, for the tensors of a layout.
    ///
    /// - Throws: as ``targets(in:at:)``.
    public func count(in layout: ParameterLayout) throws -> Int {
        try targets(in: layout).reduce(0) { $0 + rank * ($1.shape[0] + $1.shape[1]) }
    }

    /// The weights that are trained through factors, in the order of a layout.
    ///
    /// - Throws: `InputError` for a name that no linear layer of a block has.
    public func targets(in layout: ParameterLayout, at place: String = "optimizer.lora.modules") throws
        -> [ParameterInfo]
    {
        let linear = layout.tensors.filter {
            $0.layer != nil && $0.shape.count == 2 && $0.name.hasSuffix(".weight")
                && [.attention, .mlp].contains($0.module)
        }
        func isCalled(_ name: String, _ tensor: ParameterInfo) -> Bool {
            name == Self.allLinear || ("." + tensor.moduleName).hasSuffix("." + name)
        }
        for name in modules where !linear.contains(where: { isCalled(name, $0) }) {
            let known = Set(linear.compactMap { $0.moduleName.split(separator: ".").last.map(String.init) }).sorted()
            throw InputError(
                "no linear layer of a block is called '\(name)'", at: place,
                remedy: "name some of \((known + [Self.allLinear]).joined(separator: ", "))")
        }
        return linear.filter { tensor in modules.contains { isCalled($0, tensor) } }
    }
}

extension ParameterInfo {
    /// The name of its module, without `.weight`.
    fileprivate var moduleName: String { String(name.dropLast(".weight".count)) }
}

/// The factors A, `(r, in)`, and B, `(out, r)`, of the layers that a ``LowRankConfiguration`` names: what an optimiser moves in
/// the place of the weights W, which become W0 + (α/r) B A.
///
/// As PEFT begins: A uniform in ±1/√in, drawn from a seed, B zero, so that the first model is the one before.
public final class LowRankFactors {
    /// What was asked for.
    public let configuration: LowRankConfiguration
    /// The factors as tensors, named as in a PEFT file.
    public let layout: ParameterLayout
    /// The factors.
    public let values: FloatBuffer
    /// The gradient in the factors that ``takeGradient(_:)`` set.
    public let gradient: FloatBuffer
    /// Selects the tensors whose gradient is needed: those of the layers' modules in their blocks.
    public let trainable: ParameterSelection
    private let layers: [(weight: ParameterInfo, a: ParameterInfo, b: ParameterInfo)]

    /// Draws the factors for a model's tensors.
    ///
    /// - Throws: `InputError` for a name that no linear layer of a block has.
    public init(_ configuration: LowRankConfiguration, for model: ParameterLayout, seed: UInt64) throws {
        self.configuration = configuration
        var layout = ParameterLayout()
        layers = try configuration.targets(in: model).map { weight in
            let name = "base_model.model.\(weight.moduleName)"
            let (out, width) = weight.sides
            return (
                weight,
                layout.append(
                    name + ".lora_A.weight", [configuration.rank, width], weight.module, layer: weight.layer),
                layout.append(name + ".lora_B.weight", [out, configuration.rank], weight.module, layer: weight.layer)
            )
        }
        self.layout = layout
        trainable = ParameterSelection(
            modules: Set(layers.map(\.weight.module)), layers: Set(layers.compactMap(\.weight.layer)))
        values = FloatBuffer(count: layout.count)
        gradient = FloatBuffer(count: layout.count)
        var stream = RandomStream(seed: seed, label: "lora")
        for layer in layers {
            let bound = 1 / Double(layer.a.shape[1]).squareRoot()
            for i in layer.a.range { values.pointer[i] = Float((2 * stream.uniform() - 1) * bound) }
        }
    }

    /// Sets ``gradient`` from that in the weights: dA = (α/r) Bᵀ dW, dB = (α/r) dW Aᵀ.
    ///
    /// - Parameter dense: in the order of the model's layout; read at the layers' weights alone.
    public func takeGradient(_ dense: FloatBuffer) {
        let (rank, scale) = (configuration.rank, configuration.scale)
        for layer in layers {
            let ((out, width), dW) = (layer.weight.sides, dense.pointer + layer.weight.offset)
            let (a, b) = (values.pointer + layer.a.offset, values.pointer + layer.b.offset)
            let (dA, dB) = (gradient.pointer + layer.a.offset, gradient.pointer + layer.b.offset)
            // A weight that lies (in, out) is read turned round.
            let (turned, leading) = layer.weight.inputsFirst ? (true, out) : (false, width)
            BLAS.gemm(
                transposeA: true, transposeB: turned, m: rank, n: width, k: out, alpha: scale, b, lda: rank, dW,
                ldb: leading, dA, ldc: width)
            BLAS.gemm(
                transposeA: turned, transposeB: true, m: out, n: rank, k: width, alpha: scale, dW, lda: leading, a,
                ldb: width, dB, ldc: rank)
        }
    }

    /// Sets the weights of a model to W0 + (α/r) B A, the bits that a reader of the saved adapter comes to.
    ///
    /// - Parameter before: holds W0.
    public func merge(into model: TransformerModel, from before: TransformerModel) {
        for layer in layers {
            let (weight, start) = (
                model.values.pointer + layer.weight.offset, before.values.pointer + layer.weight.offset
            )
            weight.update(from: start, count: layer.weight.count)
            let (out, width) = layer.weight.sides
            Self.addProduct(
                configuration.scale, values.pointer + layer.b.offset, values.pointer + layer.a.offset,
                rank: configuration.rank, out: out, width: width, inputsFirst: layer.weight.inputsFirst, to: weight)
        }
    }

    /// Adds s B A to a weight, `(out, width)`, or `(width, out)` where inputs come first.
    static func addProduct(
        _ scale: Float, _ b: UnsafePointer<Float>, _ a: UnsafePointer<Float>, rank: Int, out: Int, width: Int,
        inputsFirst: Bool, to weight: UnsafeMutablePointer<Float>
    ) {
        if inputsFirst {
            BLAS.gemm(
                transposeA: true, transposeB: true, m: width, n: out, k: rank, alpha: scale, a, lda: width, b,
                ldb: rank, beta: 1, weight, ldc: out)
        } else {
            BLAS.gemm(
                m: out, n: width, k: rank, alpha: scale, b, lda: rank, a, ldb: width, beta: 1, weight, ldc: width)
        }
    }

    /// Writes a folder that PEFT and `CheckpointFolder` read as an adapter.
    ///
    /// - Parameters:
    ///   - base: the path of the model before.
    ///   - strength: factor of the update.
    /// - Throws: `UnfinishedError` when the disk refuses.
    public func save(to folder: String, base: String, strength: Double = 1) throws {
        let modules: JSON =
            configuration.modules.contains(LowRankConfiguration.allLinear)
            ? .string(LowRankConfiguration.allLinear) : .array(configuration.modules.map { .string($0) })
        let config: JSON = [
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .string(base),
            "r": .integer(configuration.rank), "lora_alpha": .number(configuration.alpha * strength),
            "lora_dropout": 0.0, "target_modules": modules, "bias": "none",
            "fan_in_fan_out": .bool(layers.contains { $0.weight.inputsFirst }), "inference_mode": true,
        ]
        try AtomicFile.makeFolder(folder)
        try AtomicFile.write(config.pretty, to: folder + "/adapter_config.json")
        try Safetensors.write(
            layout.tensors.map {
                Safetensors.Output(
                    name: $0.name, shape: $0.shape, elements: UnsafeBufferPointer(rebasing: values.buffer[$0.range]))
            }, metadata: [("format", "pt")], to: folder + "/adapter_model.safetensors")
    }
}

extension ParameterInfo {
    /// Outputs and inputs of a linear layer's weight.
    fileprivate var sides: (out: Int, width: Int) {
        inputsFirst ? (shape[1], shape[0]) : (shape[0], shape[1])
    }
}
