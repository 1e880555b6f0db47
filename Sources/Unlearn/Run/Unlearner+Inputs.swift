import FileSupport
import Foundation
import LanguageModel

extension Unlearner {
    /// Refuses sequences that the model cannot take.
    static func check(_ sequences: [[Int32]], _ model: TransformerModel) throws {
        let vocabulary = Int32(clamping: model.configuration.vocabularySize)
        for sequence in sequences {
            // To a causal model the last token is only ever predicted.
            if sequence.count > model.configuration.contextLength + (model.isMasked ? 0 : 1) {
                throw InputError(
                    "a text of \(sequence.count) tokens for a context of \(model.configuration.contextLength)",
                    at: "unlearn", remedy: "read the texts with the model's context length")
            }
            if let token = sequence.first(where: { $0 < 0 || $0 >= vocabulary }) {
                throw InputError(
                    "token \(token) for a vocabulary of \(vocabulary)", at: "unlearn",
                    remedy: "use the tokenizer that belongs to the model")
            }
        }
    }

    /// The digests of everything that decides a run; that of θ0 is given.
    static func fingerprint(
        _ model: String, _ forget: ForgetSet, _ retain: TextPieces?, _ guardText: TextPieces?,
        _ configuration: UnlearnConfiguration
    ) throws -> [(name: String, digest: String)] {
        func digest(_ sequences: [[Int32]]) -> String {
            var bytes: [UInt8] = []
            for sequence in sequences {
                withUnsafeBytes(of: Int64(sequence.count).littleEndian) { bytes += $0 }
                for token in sequence { withUnsafeBytes(of: token.littleEndian) { bytes += $0 } }
            }
            return SHA256Hex.of(bytes)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let marked = forget.sentences.map { $0.tokens + [-1] + $0.harmfulPositions.map { Int32($0) } }
        let pairs = forget.pairs.flatMap { [$0.first, $0.second] }
        let replaced = forget.sentences.map(\.replaced).filter { !$0.isEmpty }
        return [
            ("configuration", SHA256Hex.of(try encoder.encode(configuration))),
            ("model", model), ("forget set", digest(marked + pairs + replaced)),
            ("retain text", digest(retain?.pieces ?? [])), ("guard text", digest(guardText?.pieces ?? [])),
        ]
    }
}
