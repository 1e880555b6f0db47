import Analyze
import Embeddings
import FileSupport
import Foundation
import Records
import RunStore
import Study
import StudyFiles
import TestSupport
import Testing

@Suite("UpdateDecomposition in a run", .serialized)
struct ReplayStageTests {
    private static func run(_ extra: [String] = []) throws -> (report: JSON, reader: RunReader) {
        let folder = try temporaryFolder("replay") + "/run"
        let settings = [
            "analyze.null-draws=0", "analyze.controls=100", "analyze.bootstrap=200", "analyze.scaling=[1]",
            "snapshots.contextual=false",
            "why={forecast: false, alignment: false, patching: false, mediation: false, ablations: false, retrainings: false, neutral-words: 0}",
        ]
        let report = try StudyRun(StudyFile.builtIn(overrides: settings + extra), folder: folder).run().json
        return (report, try RunReader(folder))
    }

    @Test(
        "words and sentences account for each bias's change; the rows of words that no forget sentence holds move by the output side alone"
    )
    func builtIn() throws {
        let (report, reader) = try Self.run()
        let table = try #require(try reader.stage(ContributionRecord.self)?.tables.first)
        #expect(table.isExact && table.domains == ["gender", "race", "religion", "age"])
        let root = JSONCursor(report, place: "report")
        for (d, domain) in table.domains.enumerated() {
            let tau = try root.member("transfer").member(domain).member("tau").member("value").double()
            let forget = table.bySentence[d].reduce(0, +)
            let sum = forget + table.retain[d] + table.decay[d]
            // Quadrature and central differences in Float32; age, which hardly moves, by what the differences resolve.
            #expect(abs(sum - tau) < 0.01 * abs(tau) + 2e-4, "\(domain): \(sum) for \(tau)")
            #expect(abs(table.byWord[d].reduce(0, +) - forget) < 1e-9)
            // The retain text is neutral.
            #expect(abs(table.retain[d]) < 1e-3)
        }
        #expect(table.uses.reduce(0, +) == 16 * 16 && table.wordUses.reduce(0, +) == 16 * 16)
        #expect(table.words.count == 32)
        // Planted: race shares every word, religion half of them, age none.
        func shared(_ domain: String) -> Int { table.usedAgainst.count { $0.contains(domain) } }
        #expect(shared("race") == 32 && shared("religion") == 16 && shared("age") == 0)

        let record = try #require(try reader.stage(DecompositionRecord.self))
        #expect(record.steps == 16 && (record.replayError ?? 1) < 2e-3)
        let split = try #require(record.split)
        let (output, input, retain, actual) = (split.output, split.input, split.retain, split.actual)
        #expect(split.decay == nil && output.rows == record.tokens.count)
        let sum = actual.elements.indices.map {
            Double(output.elements[$0]) + Double(input.elements[$0]) + Double(retain.elements[$0])
        }
        #expect(relativeError(sum, actual.elements.map(Double.init)) < 2e-3)
        let hidden = record.words.filter {
            ["race", "religion", "age"].contains($0.domain) && $0.exposure == .unexposed
        }
        #expect(hidden.count > 20)
        for row in hidden.flatMap(\.rows) {
            #expect(input.row(row).allSatisfy { abs($0) < 1e-8 })
            #expect(output.row(row).contains { $0 != 0 })
        }
        // And the target's own words, which stand before the forgotten ones, move by both.
        let named = record.words.filter { $0.domain == "gender" && $0.exposure == .seen }
        #expect(named.contains { $0.rows.contains { input.row($0).contains { abs($0) > 1e-5 } } })
    }

    @Test("a study without a replay stores none")
    func without() throws {
        let (_, reader) = try Self.run(["why.decomposition=false", "evaluate.pairs=20"])
        #expect(try reader.stage(DecompositionRecord.self) == nil && reader.stage(ContributionRecord.self) == nil)
    }
}
