import Analyze
import Attribution
import Counterfactuals
import Embeddings
import Evaluate
import Foundation
import Unlearn

/// What a run knows beside its tables; kept as JSON texts under /provenance in run.h5, so that the report can be made
/// from the file alone.
struct StoredFacts {
    /// What the model is.
    struct Model: Codable {
        var name: String
        var family: String
        var parameters: Int
        var layers: Int
        var hiddenSize: Int
        var vocabulary: Int
        var context: Int
        var tiedEmbeddings: Bool
    }

    /// How the unlearning ended.
    struct Outcome: Codable {
        var reason: StopReason
        var lastStep: Int
        var keptStep: Int
        var baseline: GuardReading?
        var kept: GuardReading?
    }

    /// Perplexity of one text.
    struct TextPerplexity: Codable {
        var text: String
        var before: Perplexity?
        var after: Perplexity?
        /// KL(θ0 ‖ θ1) on a sample of it.
        var kl: Double?
    }

    /// How the matched null was made.
    struct Null: Codable {
        var targetKL: Double
        var worstKLError: Double
        var unmatched: Int
        var allExact: Bool
        var calibration: [RandomUpdates.Calibration]
    }

    var study = ""
    var commandLine = ""
    var seed = 0
    var threads = 0
    var model: Model?
    var forget: ForgetSetSummary?
    var outcome: Outcome?
    var perplexity: [TextPerplexity] = []
    var disjointness: [DisjointnessCheck] = []
    var null: Null?

    /// The facts as the store keeps them.
    var stored: [String: Provenance.Value] {
        get throws {
            [
                "study": .string(study), "command_line": .string(commandLine), "seed": .int(Int64(seed)),
                "threads": .int(Int64(threads)), "model": .string(try Self.json(model)),
                "forget_summary": .string(try Self.json(forget)), "outcome": .string(try Self.json(outcome)),
                "perplexity": .string(try Self.json(perplexity)), "disjointness": .string(try Self.json(disjointness)),
                "null": .string(try Self.json(null)),
            ]
        }
    }

    init() {}

    /// The facts of a run file.
    init(_ stored: [String: Provenance.Value]) throws {
        func text(_ key: String) -> String {
            if case .string(let value)? = stored[key] { return value }
            return ""
        }
        func number(_ key: String) -> Int {
            if case .int(let value)? = stored[key] { return Int(value) }
            return 0
        }
        study = text("study")
        commandLine = text("command_line")
        seed = number("seed")
        threads = number("threads")
        model = try Self.value(text("model"))
        forget = try Self.value(text("forget_summary"))
        outcome = try Self.value(text("outcome"))
        perplexity = try Self.value(text("perplexity")) ?? []
        disjointness = try Self.value(text("disjointness")) ?? []
        null = try Self.value(text("null"))
    }

    private static func json(_ value: (some Encodable)?) throws -> String {
        try value.map { try StoredJSON.text($0) } ?? "null"
    }

    private static func value<T: Decodable>(_ text: String) throws -> T? {
        text.isEmpty || text == "null" ? nil : try StoredJSON.value(text)
    }
}
