import Analyze
import Records

/// Everything that a report is made from: the records of a run and their analysis, no files or models.
package struct ReportInput: Sendable {
    /// The analysis, which holds every number that is evidence.
    package var analysis: AnalysisResult
    /// What the run recorded; a run that is not ours has no steps and no outcome.
    package var records: RunRecords
    /// The run's identifier, as in run.h5.
    package var runID: String
    /// The time stamp printed in the report (ISO 8601); the only field that differs between equal runs.
    package var created: String
    /// Version of driftscope that made the run.
    package var version: String
    /// The line of the audit log that tells of the analysis; nil where there is none.
    package var audit: AuditAnchor?
    package var seeds: [Int]
    /// The limits of the guard that watched the run; nil without a guard.
    package var guardLimits: AnalysisRequest.Limits?
    /// Sentences of the leading benchmark's items by row; examples are shown of these alone.
    package var itemTexts: [Int: String]
    /// Whether text of the forget set and of pairs is printed.
    package var textPolicy: TextPolicy

    package init(
        analysis: AnalysisResult, records: RunRecords, runID: String, created: String, version: String,
        audit: AuditAnchor? = nil, seeds: [Int], guardLimits: AnalysisRequest.Limits? = nil,
        itemTexts: [Int: String] = [:], textPolicy: TextPolicy = .redacted
    ) {
        (self.analysis, self.records, self.runID, self.created) = (analysis, records, runID, created)
        (self.version, self.audit, self.seeds, self.guardLimits) = (version, audit, seeds, guardLimits)
        (self.itemTexts, self.textPolicy) = (itemTexts, textPolicy)
    }
}
