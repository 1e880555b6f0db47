import FileSupport
import Foundation

/// Everything that decides what ``Trainer`` makes from a text.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
    /// Most tokens of a vocabulary that is learned, `<|endoftext|>` included.
    public var vocabularySize = 4096
    /// Pairs of tokens that are rarer stay apart in a vocabulary that is learned.
    public var minimumFrequency = 1
    /// Most tokens of a sequence; longer documents are cut.
    public var contextLength = 64
    /// Width of the model.
    public var hiddenSize = 96
    /// Blocks.
    public var layerCount = 3
    /// Attention heads a block.
    public var headCount = 4
    /// Steps of the optimiser.
    public var steps = 1000
    /// Sequences are packed into a step until it holds so many tokens.
    public var batchTokens = 2048
    /// Learning rate at the end of the warm-up; it then falls along a cosine.
    public var learningRate: Double = 2e-3
    /// Steps of linear warm-up.
    public var warmupSteps = 50
    /// The last learning rate as a share of the peak.
    public var finalLearningRateFraction: Double = 0.05
    /// AdamW's second decay; 0.95 suits short runs better than PyTorch's 0.999.
    public var beta2: Double = 0.95
    /// Decoupled weight decay.
    public var weightDecay: Double = 0.01
    /// Most that the gradient's norm may be.
    public var clipNorm: Double = 1
    /// Share of the documents that is kept from training, to measure the loss on.
    public var heldOutFraction: Double = 0.02
    /// Steps between two measurements on the held-out documents; the last step is always measured.
    public var evaluateEvery = 200
    /// Decides the first parameters, the held-out documents and the order of the rest.
    public var seed: UInt64 = 1

    /// The defaults, which train a small model within a minute on two cores.
    public init() {}

    func modelConfiguration(vocabularySize: Int) -> ModelConfiguration {
        ModelConfiguration(
            .gpt2, vocabularySize: vocabularySize, contextLength: contextLength, hiddenSize: hiddenSize,
            layerCount: layerCount, headCount: headCount)
    }

    /// The whole numbers with what each may be; the ends are beyond any small model and keep every size computable.
    private static var wholeNumbers: [(name: String, value: WritableKeyPath<Self, Int>, bounds: ClosedRange<Int>)] {
        let steps = 10_000_000
        return [
            ("vocabularySize", \.vocabularySize, 1...1_048_576),
            ("minimumFrequency", \.minimumFrequency, 0...Int(Int32.max)),
            ("contextLength", \.contextLength, 2...65_536), ("hiddenSize", \.hiddenSize, 1...65_536),
            ("layerCount", \.layerCount, 1...1024), ("headCount", \.headCount, 1...4096), ("steps", \.steps, 1...steps),
            ("batchTokens", \.batchTokens, 1...16_777_216), ("warmupSteps", \.warmupSteps, 0...steps),
            ("evaluateEvery", \.evaluateEvery, 1...steps),
        ]
    }

    /// The other numbers with what each may be.
    private static var numbers: [(name: String, value: WritableKeyPath<Self, Double>, bounds: Bounds)] {
        [
            ("learningRate", \.learningRate, Bounds(above: 0)),
            ("finalLearningRateFraction", \.finalLearningRateFraction, Bounds(0, below: 1e9)),
            ("beta2", \.beta2, Bounds(0, below: 1)), ("weightDecay", \.weightDecay, Bounds(0, below: 1e9)),
            ("clipNorm", \.clipNorm, Bounds(above: 0)), ("heldOutFraction", \.heldOutFraction, Bounds(0, below: 1)),
        ]
    }

    /// A half-open range of numbers.
    private struct Bounds {
        let words: String
        let hold: @Sendable (Double) -> Bool

        init(_ least: Double, below end: Double) {
            words = "choose at least \(least) and less than \(end)"
            hold = { least <= $0 && $0 < end }
        }

        init(above start: Double) {
            words = "choose a number above \(start), at most 1e9"
            hold = { start < $0 && $0 <= 1e9 }
        }
    }

    /// Reads a JSON file with some of the fields; the others keep their defaults.
    ///
    /// - Throws: ``InputError`` that names an unknown field, or one whose value is of another kind or out of its bounds.
    package static func read(_ path: String) throws -> TrainingConfiguration {
        var out = TrainingConfiguration()
        for (key, value) in try JSONCursor.read(path).members() {
            if let field = wholeNumbers.first(where: { $0.name == key }) {
                out[keyPath: field.value] = try value.int(field.bounds)
            } else if let field = numbers.first(where: { $0.name == key }) {
                let number = try value.double()
                guard field.bounds.hold(number) else {
                    throw value.error("\(number) is out of range", remedy: field.bounds.words)
                }
                out[keyPath: field.value] = number
            } else if key == "seed" {
                out.seed = UInt64(try value.int(0...Int.max))
            } else {
                let known = wholeNumbers.map(\.name) + numbers.map(\.name) + ["seed"]
                let hint = NearestName.of(key, among: known).map { "did you mean '\($0)'?" }
                throw value.error("unknown key", remedy: hint ?? "known: " + known.joined(separator: ", "))
            }
        }
        return out
    }

    /// Checks every field.
    ///
    /// - Throws: ``InputError`` that names the field and its value.
    func validate() throws {
        func fail(_ field: String, _ value: some CustomStringConvertible, _ wanted: String) -> InputError {
            InputError("\(field) is \(value)", at: "training configuration", remedy: wanted)
        }
        for (name, path, bounds) in Self.wholeNumbers where !(bounds ~= self[keyPath: path]) {
            throw fail(name, self[keyPath: path], "choose \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        for (name, path, bounds) in Self.numbers where !bounds.hold(self[keyPath: path]) {
            throw fail(name, self[keyPath: path], bounds.words)
        }
        guard hiddenSize % headCount == 0 else {
            throw fail("headCount", headCount, "choose a divisor of hiddenSize \(hiddenSize)")
        }
    }

    /// Refuses a training whose parameters alone, with gradient and AdamW's moments, are more than the machine's memory, or
    /// whose activations are at the least estimate.
    ///
    /// - Throws: ``InputError`` with the memory that it would take.
    func requireMemory(vocabularySize: Int) throws {
        let parameters = hiddenSize * (vocabularySize + contextLength + 12 * layerCount * hiddenSize)
        let activations = (batchTokens + contextLength) * hiddenSize * layerCount
        let bytes = 16 * parameters + 16 * activations
        guard bytes <= ProcessInfo.processInfo.physicalMemory else {
            throw InputError(
                "a training that takes \(bytes >> 30) GiB or more, more than the memory of this machine",
                at: "training configuration",
                remedy: "choose a smaller hiddenSize, layerCount, vocabularySize or batchTokens")
        }
    }
}
