import LinearAlgebra
import Records

/// Concept words and centroids in the plane, by one linear map for before and after.
enum ConceptMapAnalysis {
    /// The map: the first two principal components of concept and control words before; nil below three words.
    static func map(
        _ input: DriftInput, words: ConceptWords, controls: ControlWords, settings: AnalysisSettings
    ) throws -> ConceptMap? {
        var stream = RandomStream(seed: settings.seed, label: "analyze/\(input.space)/map")
        let sample = stream.sample(min(200, controls.rows.count), below: controls.rows.count)
            .sorted().map { WordVectors(input, rows: controls.rows[$0]) }
        let fitted = words.words.map(\.vectors.before) + sample.map(\.before)
        guard fitted.count > 2, input.before.columns > 1 else { return nil }
        let mean = Vector.mean(fitted)
        let centred = fitted.flatMap { Vector.difference($0, mean) }
        let decomposition = try Matrix(rows: fitted.count, columns: mean.count, elements: centred).thinSVD()
        let total = decomposition.singularValues.reduce(0) { $0 + $1 * $1 }
        guard total > 0 else { return nil }
        let axes = (0..<2).map { axis -> [Double] in
            // A component's sign is arbitrary: the word farthest out along it is put on the positive side, which does not
            // depend on the basis.
            let row = Array(decomposition.vTransposed.row(axis))
            let farthest = fitted.map { Vector.dot(row, Vector.difference($0, mean)) }.max { abs($0) < abs($1) } ?? 1
            return farthest < 0 ? row.map { -$0 } : row
        }
        func place(_ vector: [Double]) -> [Double] { axes.map { Vector.dot($0, Vector.difference(vector, mean)) } }
        func point(
            _ vectors: [WordVectors], _ domain: String, _ group: String?, _ label: String, _ isCentroid: Bool,
            _ exposure: WordExposure?
        ) -> MapPoint {
            let mean = WordVectors(mean: vectors)
            let (before, after) = (place(mean.before), place(mean.after))
            return MapPoint(
                domain: domain, group: group, label: label, isCentroid: isCentroid, exposure: exposure,
                beforeX: before[0], beforeY: before[1], afterX: after[0], afterY: after[1])
        }
        var points = words.words.map {
            point([$0.vectors], $0.word.domain, $0.word.group, $0.word.word, false, $0.word.exposure)
        }
        for domain in words.domains {
            for group in words.groups(domain) {
                let members = words.words.filter { $0.word.domain == domain && $0.word.group == group }
                points.append(point(members.map(\.vectors), domain, group, group, true, nil))
            }
        }
        if !sample.isEmpty { points.append(point(sample, "control", nil, "control words", true, nil)) }
        return ConceptMap(
            points: points, explained: decomposition.singularValues.prefix(2).map { $0 * $0 / total },
            exaggeration: exaggeration(points))
    }

    /// Factor at which the longest arrow spans a tenth of the map; 1 when nothing moves.
    private static func exaggeration(_ points: [MapPoint]) -> Double {
        func span(_ values: [Double]) -> Double { (values.max() ?? 0) - (values.min() ?? 0) }
        let size = max(span(points.map(\.beforeX)), span(points.map(\.beforeY)))
        let longest = points.map { Vector.norm([$0.afterX - $0.beforeX, $0.afterY - $0.beforeY]) }.max()
        guard let longest, longest > 0, size > 0 else { return 1 }
        return max(1, size / 10 / longest)
    }
}
