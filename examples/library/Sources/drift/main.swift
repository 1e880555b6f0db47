import Analyze
import LinearAlgebra
import Records

// 400 words in 16 dimensions. Afterwards every word has moved a little at random, and those of the domain "race" by a further
// step in one direction. Which domain moved more than words like it?
var stream = RandomStream(seed: 7, label: "example")
let (count, width) = (400, 16)
var before = Matrix<Float>(rows: count, columns: width)
var after = before
for row in 0..<count {
    for column in 0..<width {
        before[row, column] = Float(stream.normal())
        after[row, column] = before[row, column] + 0.05 * Float(stream.normal())
    }
    if row < 10 { after[row, 0] += 0.5 }
}
let domains = [AnalysisDomain(name: "gender", role: .target), AnalysisDomain(name: "race", role: .transfer)]
let words = (0..<20).map { row in
    DriftWord(
        domain: row < 10 ? "race" : "gender", group: row % 2 == 0 ? "first" : "second", word: "word \(row)",
        rows: [row],
        exposure: .unexposed)
}
let rows = (0..<count).map { row in
    DriftRowInfo(key: "word \(row)", frequency: 100, exposure: .unexposed, isControl: row >= 20)
}
let space = DriftInput(
    space: "example", before: before, after: after, rows: rows, words: words, domains: domains)
var request = AnalysisRequest(domains: domains)
request.settings.controlDraws = 2000
let result = try Analysis.run(RunRecords(), request, spaces: [space])
for row in result.drift[0].clusters where row.metric == .displacement && row.group == nil && !row.commonRemoved {
    print(
        "\(row.domain): mean displacement \(row.value ?? .nan), controls \(row.controlMedian ?? .nan), p \(row.p ?? .nan)"
    )
}
