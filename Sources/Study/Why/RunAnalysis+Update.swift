import Analyze
import Embeddings

extension RunAnalysis {
    /// Adds what alignment, patching and mediation stored; their scored models are among ``AttributionInput/models``
    /// already.
    static func addUpdateAttribution(_ reader: RunReader, to input: inout AttributionInput) throws {
        if let record = try StageRecord.read(AlignmentRecord.self, AlignmentRecord.name, from: reader) {
            input.alignment = record.tables
            input.neutralPairs = record.neutralPairs
            input.notDone += record.notDone
        }
        if let record = try StageRecord.read(MediationRecord.self, MediationRecord.name, from: reader) {
            input.mediation = record.tables
            input.notDone += record.notDone
        }
    }
}
