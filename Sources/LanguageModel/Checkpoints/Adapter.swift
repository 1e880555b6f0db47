import FileSupport
import Foundation
import LinearAlgebra

/// A LoRA adapter (Hu et al. 2021) as PEFT stores it, `adapter_config.json` and `adapter_model.safetensors`, merged into
/// its base model: `W + s B A` with `A` `(r, in)`, `B` `(out, r)`.
struct Adapter {
    private static let configName = "adapter_config.json"
    private static let weightsName = "adapter_model.safetensors"

    let folder: String
    /// The base model: a folder or a GGUF file.
    let base: String
    private let configuration: AdapterConfiguration
    private let weights: Safetensors

    /// Whether a folder is an adapter's.
    static func isThere(_ folder: String) -> Bool { exists(folder + "/" + configName) }

    private static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Opens the adapter at a path; nil when a model stands there.
    ///
    /// - Throws: ``InputError`` when its base is not there, or its files are damaged or ask for what is not supported.
    init?(_ path: ModelPath) throws {
        folder = path.folder
        guard Self.isThere(folder) else { return nil }
        let place = folder + "/" + Self.configName
        for name in WeightFiles.known where Self.exists(folder + "/" + name) {
            throw InputError(
                "both an adapter and \(name) of a model", at: folder, remedy: "move one of them to another folder")
        }
        configuration = try AdapterConfiguration(place)
        base = try path.base ?? Self.base(configuration, folder: folder)
        guard !Self.isThere(base) else {
            throw InputError(
                "the base model \(base) is an adapter itself", at: place, remedy: AdapterConfiguration.merge)
        }
        guard Self.exists(folder + "/" + Self.weightsName) else {
            let pickle = "adapter_model.bin"
            throw InputError(
                Self.exists(folder + "/" + pickle)
                    ? "only \(pickle), a pickle that can run code when it is opened" : "no \(Self.weightsName)",
                at: folder, remedy: "save the adapter again with peft, whose files are safetensors")
        }
        weights = try Safetensors(folder + "/" + Self.weightsName)
    }

    /// The base that `adapter_config.json` names, which PEFT may have found on a hub.
    private static func base(_ configuration: AdapterConfiguration, folder: String) throws -> String {
        let name = configuration.base ?? ""
        let path = name.hasPrefix("/") ? name : folder + "/" + name
        guard !name.isEmpty, exists(path) else {
            throw configuration.cursor.error(
                "base_model_name_or_path \"\(name)\" is no folder here",
                remedy: "name the model as BASE+ADAPTER: the folder of the base model, a plus sign, \(folder)")
        }
        return path
    }

    /// The files of the adapter itself.
    func files() throws -> [FileDigest] {
        try [Self.configName, Self.weightsName].map { try FileDigest($0, in: folder) }
    }

    // MARK: - Merging

    /// The tensors of one module's update.
    private struct Update {
        var a, b, bias, lengths: Safetensors.Tensor?
        /// Whether they are called as those of a table of embeddings are.
        var isTable = false
    }

    /// The base model with the adapter in it. A tied model is untied where input or head alone change.
    ///
    /// - Throws: ``InputError`` that names the tensor which is missing, unknown or of another shape.
    func merged(into base: TransformerModel) throws -> TransformerModel {
        var updates: [String: Update] = [:]
        var wholes: [(module: String, tensor: Safetensors.Tensor, name: String)] = []
        for tensor in weights.tensors {
            guard tensor.name.hasPrefix("base_model.model.") else { throw foreign(tensor) }
            let name = String(tensor.name.dropFirst("base_model.model.".count))
            guard let split = name.range(of: ".lora_", options: .backwards) else {
                let whole = name.replacing(".base_layer.", with: ".")
                let module = whole[..<(whole.lastIndex(of: ".") ?? whole.startIndex)]
                wholes.append((String(module), tensor, whole))
                continue
            }
            var update = updates[String(name[..<split.lowerBound])] ?? Update()
            switch name[split.upperBound...] {
            case "A.weight": update.a = tensor
            case "B.weight": update.b = tensor
            case "B.bias": update.bias = tensor
            case "embedding_A": (update.a, update.isTable) = (tensor, true)
            case "embedding_B": (update.b, update.isTable) = (tensor, true)
            case "magnitude_vector", "magnitude_vector.weight": update.lengths = tensor
            default: throw foreign(tensor)
            }
            updates[String(name[..<split.lowerBound])] = update
        }
        try requireComplete(updates.keys, wholes.map(\.module), base)

        // What PEFT does not keep apart from the base model goes into both uses of a tied matrix.
        try write(wholes.filter { !configuration.saves($0.module) }, into: base)
        let saved = wholes.filter { configuration.saves($0.module) }
        let ends = [base.inputEmbedding, base.outputEmbedding]
        let isApart = try (updates.keys.map { $0 + ".weight" } + saved.map(\.name)).contains {
            let tensor = try target($0, of: base)
            return ends.contains { $0 == tensor }
        }
        let model = base.hasTiedEmbeddings && isApart ? base.untied() : base
        try write(saved, into: model)
        for (module, update) in updates.sorted(by: { $0.key < $1.key }) { try apply(update, to: module, of: model) }
        return model
    }

    /// Compares the modules that have tensors with those that the configuration names.
    private func requireComplete(
        _ updated: some Collection<String>, _ saved: [String], _ model: TransformerModel
    ) throws {
        for module in updated {
            guard try configuration.updates(module, isBlock: target(module + ".weight", of: model).layer != nil) else {
                throw InputError(
                    "the module \(module) has an update that adapter_config.json does not ask for", at: weights.path,
                    remedy: "take both files from one adapter")
            }
        }
        let held = Set(try (updated + saved).map { try target($0 + ".weight", of: model).name })
        for tensor in model.layout.tensors where tensor.name.hasSuffix(".weight") && !held.contains(tensor.name) {
            let module = String(tensor.name.dropLast(".weight".count))
            let isUpdated = tensor.shape.count == 2 && configuration.updates(module, isBlock: tensor.layer != nil)
            guard !isUpdated, !configuration.saves(module) else {
                throw InputError(
                    "no tensors of the module \(module), which adapter_config.json asks for", at: weights.path,
                    remedy: "take both files from one adapter")
            }
        }
    }

    /// The tensor of the model that a file calls so.
    private func target(_ name: String, of model: TransformerModel) throws -> ParameterInfo {
        let type = model.configuration.type
        guard let own = type.family.canonicalName(name), let info = model.layout[own] ?? model.layout.copies[own] else {
            throw InputError(
                "\(name) is not part of \(type.title) with \(model.configuration.layerCount) layers", at: weights.path,
                remedy: "name the base model that the adapter was trained on")
        }
        return info
    }

    /// Puts whole tensors in the place of the model's.
    private func write(
        _ wholes: [(module: String, tensor: Safetensors.Tensor, name: String)], into model: TransformerModel
    ) throws {
        for whole in wholes {
            let info = try target(whole.name, of: model)
            try require(whole.tensor, info.shape, "config.json of the base model")
            try weights.read(whole.tensor, into: model.tensor(info))
        }
    }

    /// `W + s B A`; with lengths `m` of its own every output's weights have length `m`.
    private func apply(_ update: Update, to module: String, of model: TransformerModel) throws {
        let info = try target(module + ".weight", of: model)
        // A table of embeddings, whose rows are its inputs, is as GPT-2's layers lie.
        let isTable = info == model.inputEmbedding || info.module == .positions
        let inputsFirst = info.inputsFirst || isTable
        guard info.shape.count == 2, isTable == update.isTable else {
            throw InputError(
                "the module \(module) has an update of another kind of layer", at: weights.path,
                remedy: "name the base model that the adapter was trained on")
        }
        let (out, width) = inputsFirst ? (info.shape[1], info.shape[0]) : (info.shape[0], info.shape[1])
        let rank = try configuration.rank(of: module)
        let scale = try configuration.scale(of: module)
        let a = try read(update.a, "lora_A", of: module, [rank, width])
        let b = try read(update.b, "lora_B", of: module, [out, rank])
        let weight = model.tensor(info)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                guard let a = a.baseAddress, let b = b.baseAddress, let w = weight.baseAddress else { return }
                LowRankFactors.addProduct(
                    scale, b, a, rank: rank, out: out, width: width, inputsFirst: inputsFirst, to: w)
            }
        }
        if configuration.isDoRA {
            let lengths = try read(update.lengths, "lora_magnitude_vector", of: module, [out])
            for i in 0..<out {
                let (start, step) = inputsFirst ? (i, out) : (i * width, 1)
                let places = stride(from: start, to: start + width * step, by: step)
                let length = places.reduce(0.0) { $0 + Double(weight[$1]) * Double(weight[$1]) }.squareRoot()
                let factor = Float(Double(lengths[i]) / length)
                for place in places { weight[place] *= factor }
            }
        } else if let extra = update.lengths {
            throw foreign(extra)
        }
        try requireFinite(weight, tensor: info.name, shape: info.shape, path: weights.path)
        if configuration.hasBias {
            let change = try read(update.bias, "lora_B.bias", of: module, [out])
            let bias = try model.tensor(target(module + ".bias", of: model))
            for i in 0..<out { bias[i] += scale * change[i] }
        } else if let extra = update.bias {
            throw foreign(extra)
        }
    }

    private func read(
        _ tensor: Safetensors.Tensor?, _ kind: String, of module: String, _ shape: [Int]
    ) throws -> [Float] {
        guard let tensor else {
            throw InputError(
                "the tensor \(kind) of the module \(module) is missing", at: weights.path,
                remedy: "save or download the adapter again")
        }
        try require(tensor, shape, "the base model with adapter_config.json")
        var values = [Float](repeating: 0, count: tensor.count)
        try values.withUnsafeMutableBufferPointer { try weights.read(tensor, into: $0) }
        return values
    }

    private func require(_ tensor: Safetensors.Tensor, _ shape: [Int], _ source: String) throws {
        guard tensor.shape == shape else {
            throw InputError(
                "the tensor \(tensor.name) has shape \(tensor.shape), and \(source) asks for \(shape)",
                at: weights.path, remedy: "name the base model that the adapter was trained on")
        }
    }

    private func foreign(_ tensor: Safetensors.Tensor) -> InputError {
        InputError(
            "the tensor \(tensor.name) is no part of the adapter that adapter_config.json tells of", at: weights.path,
            remedy: "take both files from one adapter")
    }
}
