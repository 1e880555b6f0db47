import Analyze
import FileSupport
import Foundation
import LinearAlgebra
import Records

/// A drift analysis of GPT-2's size, with its parts told apart by leaving others out.
func drift() throws {
    let pair = MatrixPair.asked()
    let input = space(pair)
    var settings = AnalysisSettings()
    settings.neighbours = 0
    func analysed(draws: Int) throws -> (DriftResult, Double) {
        settings.controlDraws = draws
        let start = Date()
        var request = AnalysisRequest(domains: input.domains)
        request.settings = settings
        let result = try Analysis.run(RunRecords(), request, spaces: [input])
        return (result.drift[0], Date().timeIntervalSince(start))
    }
    // CKA, Procrustes, subspaces, pools and everything else but draws and neighbours.
    let (_, base) = try analysed(draws: 1)
    let (result, whole) = try analysed(draws: 10_000)
    let line: JSON = [
        "threads": .integer(Threads.count), "rows": .integer(input.before.rows),
        "columns": .integer(input.before.columns), "words": .integer(input.words.count),
        "clusters": .integer(input.domains.count), "withoutDraws": .number(base), "draws": .number(whole - base),
        "cka": .number(result.wholeSpace.linearCKA ?? .nan),
        "procrustes": .number(result.wholeSpace.procrustesResidual ?? .nan), "peakMemoryMiB": .number(peakMemory()),
    ]
    print(line.compact)
}

/// Four domains of forty words in two groups, the first one in pairs; every other row is a control.
private func space(_ pair: MatrixPair) -> DriftInput {
    let names = ["one", "two", "three", "four"]
    var stream = RandomStream(seed: 2, label: "benchmark words")
    let chosen = stream.sample(160, below: pair.before.rows)
    let words = chosen.enumerated().map { i, row in
        DriftWord(
            domain: names[i / 40], group: i.isMultiple(of: 2) ? "a" : "b", word: "word\(i)", rows: [row],
            exposure: i < 40 ? .seen : .unexposed, pair: i < 40 ? i / 2 : nil)
    }
    let own = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { ($1, $0) })
    let rows = (0..<pair.before.rows).map { row in
        DriftRowInfo(
            key: "token\(row)", frequency: stream.index(below: 10_000),
            exposure: own[row].map { $0 < 40 ? .seen : .unexposed } ?? (row % 50 == 0 ? .seen : .unexposed),
            isControl: own[row] == nil)
    }
    return DriftInput(
        space: "input embeddings", before: pair.before, after: pair.after, rows: rows, words: words,
        domains: zip(names, [DomainRole.target, .transfer, .transfer, .control]).map {
            AnalysisDomain(name: $0, role: $1)
        })
}
