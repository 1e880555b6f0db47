enum ExplanationRules {
    static func fill(
        _ result: inout AttributionResult, _ context: AttributionContext, transfer: TransferAnalysis,
        drift: [DriftResult], verdicts: [Verdict]
    ) {}
}
