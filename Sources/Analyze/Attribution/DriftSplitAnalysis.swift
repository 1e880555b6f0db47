import LinearAlgebra
import Records

/// How much of the movement of each cluster's embedding rows each cause explains.
enum DriftSplitAnalysis {
    static func fill(_ result: inout AttributionResult, _ context: AttributionContext) {
        guard let record = context.records.decomposition, let split = record.split else { return }
        result.decompositionError = record.replayError
        let words = record.words
        let named = context.request.domains.map(\.name)
        var seen = Set(named)
        let others = words.map(\.domain).filter { seen.insert($0).inserted }
        for domain in named + others {
            let members = words.filter { $0.domain == domain }
            guard !members.isEmpty else { continue }
            // The same words as drift is read from: the target's and the forgotten words are moved by design, of every
            // other domain only unexposed words are evidence.
            let chosen = members.filter {
                !$0.inTwoConcepts
                    && (domain == context.target || domain == DecompositionRecord.harmfulWords
                        || $0.exposure == .unexposed)
            }
            result.driftSplit.append(row(split, chosen, domain: domain, group: nil))
            guard named.contains(domain) else { continue }
            var groups: Set<String> = []
            for group in members.map(\.group) where groups.insert(group).inserted {
                result.driftSplit.append(
                    row(split, chosen.filter { $0.group == group }, domain: domain, group: group))
            }
        }
    }

    /// The parts of a cluster over its words' vectors, stacked; a word's vector is the mean over its rows.
    private static func row(
        _ split: DriftSplit, _ words: [DriftWord], domain: String, group: String?
    ) -> DriftSplitRow {
        let words = words.filter { !$0.rows.isEmpty }
        var row = DriftSplitRow(domain: domain, group: group, words: words.count)
        guard !words.isEmpty else {
            row.reason = "no unexposed word"
            return row
        }
        func stacked(_ matrix: Matrix<Float>) -> [[Double]] { words.map { mean(matrix, rows: $0.rows) } }
        let actual = stacked(split.actual)
        let size = product(actual, actual)
        guard size > 0 else {
            row.reason = "the rows did not move"
            return row
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
        row.output = product(output, actual) / size
        row.input = product(input, actual) / size
        row.retain = product(retain, actual) / size
        row.decay = product(decay, actual) / size
        row.outputR2 = r2(output)
        row.forgetR2 = r2(forget)
        row.allR2 = r2(all)
        row.outputCosine = Vector.cosine(Vector.mean(actual), Vector.mean(output))
        row.movement = length(actual)
        row.outputMovement = length(output)
        row.forgetMovement = length(forget)
        return row
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
