import Analyze
import FileSupport
import Foundation
import Records
import Report
import Testing

@Suite("Values as report.json holds them")
struct EncodingTests {
    private struct Packed {
        var flag: Bool
        var interval: Interval?
        var tiny: Int8?
        var last: Bool
        var worstKLError: Double?
    }

    @Test("every property stands under its own name in snake case, missing ones as null, in declared order")
    func properties() {
        let value = Packed(flag: true, interval: nil, tiny: nil, last: false, worstKLError: .infinity)
        let encoder = ReportEncoder()
        let json: JSON = [
            "flag": true, "interval": nil, "tiny": nil, "last": false, "worst_kl_error": .number(.infinity),
        ]
        #expect(encoder.encode(value) == json)
        let node = Node(value, path: "here", encoder: encoder)
        #expect(node.flag.reportPath == "here.flag" && node.last.reportPath == "here.last")
        #expect(node.worstKLError.reportPath == "here.worst_kl_error" && node.worstKLError() == .infinity)
    }

    @Test("a number with its interval is value, lower and upper, and a missing interval is null at both ends")
    func estimates() throws {
        var row = try Sample.analysis([]).transfer[1]
        let encoder = ReportEncoder()
        let node = Node(row, path: "transfer.race", encoder: encoder)
        #expect(node.tau.reportPath == "transfer.race.tau.value")
        #expect(node.interval.lower.reportPath == "transfer.race.tau.lower")
        #expect(node.nulls.nodes()[0].excess.reportPath == "transfer.race.nulls.random_update.excess.value")
        row.interval = nil
        #expect(encoder.encode(row)["tau"] == ["value": .number(row.tau), "lower": nil, "upper": nil])
        #expect(Node(row, path: "", encoder: encoder).interval.lower() == nil)
    }

    @Test("every number of every result stands at the path of its node")
    func places() throws {
        let contents = try ReportContents(Sample.input())
        let encoder = ReportEncoder()
        let tree = encoder.encode(contents)
        // By other means than nodes: the layout is walked, and each number is looked up where the walk has come to.
        var numbers = 0
        func walk(_ value: Any, _ path: String) throws {
            for (key, part) in encoder.parts(of: value) {
                let here = path.isEmpty || key.isEmpty ? path + key : path + "." + key
                if let number = part as? any ReportNumber, let printed = number.printed {
                    #expect(tree.at(here)?.asNumber == printed, "\(here)")
                    numbers += 1
                } else {
                    try walk(part, here)
                }
            }
        }
        try walk(contents, "")
        #expect(numbers > 5_000)
        let race = Node(contents, path: "", encoder: encoder).why.mediation
        let rows = try #require(race.unwrapped()).nodes()
        #expect(rows.contains { $0.share.value.reportPath == "why.mediation.race.race.shared.share.value" })
        for row in rows { #expect(tree.at(row.rankTotal.reportPath)?.asNumber == Double(row().rankTotal)) }
    }

    @Test("a word that was forgotten stands nowhere in the three formats, wherever the run met it")
    func planted() throws {
        var input = try Sample.input()
        let word = "plantedword"
        input.analysis.drift[0].words[0].word = word
        input.analysis.drift[0].excludedRows.examples = [" Plantedword"]
        input.analysis.drift[0].clusters[0].dropped = [word]
        input.analysis.drift[0].neighbours[0].kept = ["Ġplantedword"]
        input.analysis.drift[0].neighbours[0].lost = [word]
        input.analysis.drift[0].dropped[0].word = word
        input.analysis.drift[0].vocabulary = VocabularyMatch(
            matched: 1, added: 1, removed: 0, moved: 0, examples: [word])
        input.analysis.drift[0].map?.points[0].label = word
        input.analysis.drift[0].map?.points[0].isCentroid = false
        input.analysis.attribution?.contributions[1].topWords[0].name = word
        input.analysis.attribution?.contributions[1].topSentences[0].name = "a row with plantedword in its id"
        input.itemTexts[41] = "a row with plantedword"
        let hidden = Report(input)
        for text in [hidden.html, hidden.markdown, hidden.json] {
            #expect(!text.lowercased().contains(word))
            #expect(text.contains("p… · " + SHA256Hex.of(word).prefix(8)))
        }
        input.textPolicy = .shown
        let shown = Report(input)
        for text in [shown.html, shown.markdown, shown.json] { #expect(text.contains(word)) }
    }

    @Test("an open verdict says once how many items would decide, and why")
    func openVerdict() throws {
        let report = Report(try Sample.input())
        for text in [report.html, Scan.unescaped(report.markdown)] {
            #expect(text.components(separatedBy: Sample.reason).count == 2)
            #expect(!text.contains("items would decide."))
        }
        #expect(report.tree.at("verdict.religion.items_to_decide")?.asNumber == 1_260)
    }
}
