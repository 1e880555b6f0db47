import Analyze
import Embeddings
import LinearAlgebra

extension RunAnalysis {
    /// Adds what the replay told: the split of the embedding rows' movement, and contributions.
    static func addReplayAttribution(_ reader: RunReader, to input: inout AttributionInput) throws {
        if let record = try StageRecord.read(ContributionRecord.self, ContributionRecord.name, from: reader) {
            input.contributions = record.tables
            input.notDone += record.notDone
        }
        guard let record = try StageRecord.read(DecompositionRecord.self, DecompositionRecord.name, from: reader),
            let matrices = try reader.storedRecord(DecompositionRecord.name)?.matrices
        else { return }
        input.notDone += record.notDone
        guard let output = matrices["output"], let other = matrices["input"], let retain = matrices["retain"],
            let actual = matrices["actual"], let error = record.replayError
        else { return }
        input.driftSplit = DriftSplit(
            tokens: record.tokens, output: output, input: other, retain: retain,
            decay: matrices["decay"] ?? Matrix(rows: output.rows, columns: output.columns), actual: actual,
            replayError: error)
        input.driftWords = record.words.map { word in
            DriftWord(
                domain: word.domain, group: word.group, word: word.word, rows: word.rows,
                exposure: WordExposure(rawValue: word.exposure) ?? .masked, inTwoConcepts: word.inTwoConcepts)
        }
    }
}
