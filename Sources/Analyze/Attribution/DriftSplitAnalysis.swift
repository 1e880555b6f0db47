import LinearAlgebra
import Records

/// How much of the movement of each cluster's embedding rows each cause explains.
enum DriftSplitAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard let record = context.records.decomposition, let split = record.split else { return }
        result.decompositionError = record.replayError
        let words = record.words
        let named = context.request.domains.map(\.name)
        for domain in (named + words.map(\.domain)).uniqued() {
            let members = words.filter { $0.domain == domain }
            guard !members.isEmpty else { continue }
            // The same words as drift is read from: the target's and the forgotten words are moved by design, of every
            // other domain only unexposed words are evidence.
            let chosen = members.filter {
                !$0.inTwoConcepts
                    && (context.targets.contains(domain) || domain == DecompositionRecord.harmfulWords
                        || $0.exposure == .unexposed)
            }
            result.driftSplit.append(row(split, chosen, domain: domain, group: nil))
            guard named.contains(domain) else { continue }
            for group in members.map(\.group).uniqued() {
                result.driftSplit.append(row(split, chosen.filter { $0.group == group }, domain: domain, group: group))
            }
        }
    }

    /// The parts of a cluster over its words' vectors, stacked; a word's vector is the mean over its rows.
    private static func row(
        _ split: DriftSplit, _ words: [DriftWord], domain: String, group: String?
    ) -> DriftSplitRow {
        let words = words.filter { !$0.rows.isEmpty }
        func stacked(_ matrix: Matrix<Float>) -> [[Double]] { words.map { mean(matrix, rows: $0.rows) } }
        let actual = stacked(split.actual)
        let size = product(actual, actual)
        guard size > 0 else {
            return DriftSplitRow(
                domain: domain, group: group, words: words.count,
                reason: words.isEmpty ? "no unexposed word" : "the rows did not move")
        }
        let output = stacked(split.output)
        let input = stacked(split.input)
        let retain = stacked(split.retain)
        let decay = split.decay.map(stacked) ?? output.map { $0.map { _ in 0 } }
        let forget = sum(output, input)
        let all = sum(sum(forget, retain), decay)
        func r2(_ part: [[Double]]) -> Double {
            let rest = zip(actual, part).map { Vector.difference($0, $1) }
            return 1 - product(rest, rest) / size
        }
        func length(_ part: [[Double]]) -> Double { (product(part, part) / Double(words.count)).squareRoot() }
        func share(_ part: [[Double]]) -> Double { product(part, actual) / size }
        return DriftSplitRow(
            domain: domain, group: group, words: words.count, output: share(output), input: share(input),
            retain: share(retain), decay: share(decay), outputR2: r2(output), forgetR2: r2(forget), allR2: r2(all),
            outputCosine: Vector.cosine(Vector.mean(actual), Vector.mean(output)), movement: length(actual),
            outputMovement: length(output), forgetMovement: length(forget))
    }

    private static func mean(_ matrix: Matrix<Float>, rows: [Int]) -> [Double] {
        var sum = [Double](repeating: 0, count: matrix.columns)
        for row in rows { for (i, value) in matrix.row(row).enumerated() { sum[i] += Double(value) } }
        return sum.map { $0 / Double(rows.count) }
    }

    private static func sum(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
        zip(a, b).map { zip($0, $1).map { $0 + $1 } }
    }

    private static func product(_ a: [[Double]], _ b: [[Double]]) -> Double {
        zip(a, b).reduce(0) { $0 + Vector.dot($1.0, $1.1) }
    }
}
