import LinearAlgebra
import Records

/// How far the targets' words and another domain's lie along the same directions, from one set of vectors.
public enum ConceptOverlap {
    /// ‖QgᵀQd‖²/k of the targets' joint subspace with that of each other domain, by domain, found as in the drift analysis
    /// (definitional tuples, else group centroids). Domains without words, and everything where no target has one, are
    /// left out.
    ///
    /// - Parameters:
    ///   - vectors: one row a token, `(rows, D)`.
    ///   - words: concept words with their rows.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    public static func withTarget(
        vectors: Matrix<Float>, words: [DriftWord], domains: [AnalysisDomain], settings: AnalysisSettings
    ) throws -> [String: Double] {
        guard vectors.rows > 0 else { return [:] }
        let rows = (0..<vectors.rows).map { DriftRowInfo(key: String($0), frequency: 0, exposure: .unexposed) }
        let input = DriftInput(
            space: "forecast", before: vectors, after: vectors, rows: rows, words: words, domains: domains)
        let concepts = ConceptWords(input, rows: SpaceRows(input))
        return try DriftAnalysis.overlapsWithTargets(concepts, settings: settings)
    }
}
