enum AlignmentAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {}
}
