import Analyze
import Foundation
import Records
import Report
import Testing

@Suite("The why of a change")
struct WhyTests {
    private static let questions = [
        "What moved?", "Is it more than damage?", "Was it forecast?", "Which component of the model carries it?",
        "Which directions carry it?", "Which words and sentences did it?",
        "Does it survive a cleaner forget set, and another run?", "What speaks against?", "What could not be computed",
    ]

    @Test("the argument stands in its order, in HTML and in Markdown")
    func order() throws {
        let report = try Report(Sample.input())
        for text in [report.html, Scan.unescaped(report.markdown)] {
            let places = Self.questions.map { question in
                text.range(of: text.contains("<h3>") ? "<h3>\(question)</h3>" : "### \(question)\n")?.lowerBound
            }
            #expect(places.allSatisfy { $0 != nil })
            let found = places.compactMap { $0 }
            #expect(found == found.sorted())
        }
    }

    @Test("the first screen says why the domains moved that did, and only those")
    func firstScreen() throws {
        let report = try Report(Sample.input())
        let head = report.html.components(separatedBy: "<main>").first ?? ""
        #expect(head.contains("Race bias fell mainly because the forgotten words serve both domains"))
        #expect(!head.contains("Age bias did not move"))
        let markdown = Scan.unescaped(report.markdown)
        #expect(markdown.contains("Why: Race bias fell mainly because"))
        let still = try Report(Sample.input(outcomes: [.noTransfer, .inconclusive, .noTransfer]))
        #expect(still.html.components(separatedBy: "<main>").first?.contains("class=\"why\"") == false)
    }

    @Test("other words had the opposite effect only where there are other words")
    func otherWords() throws {
        func says(share: Double, base: Double) throws -> Bool {
            var input = try Sample.input()
            for i in input.analysis.attribution?.contributions.indices ?? 0..<0 {
                input.analysis.attribution?.contributions[i].sharedWordShare = share
                input.analysis.attribution?.contributions[i].sharedWordBase = base
            }
            return Report(input).markdown.contains("The other words had the opposite effect.")
        }
        #expect(try says(share: 1.4, base: 0.5))
        #expect(try !says(share: 0.8, base: 0.5))
        #expect(try !says(share: 1.0000000000000002, base: 1))
    }

    @Test("where no bias but the forgotten one moved, no step claims that it asked")
    func nothingMoved() throws {
        var input = try Sample.input()
        for i in input.analysis.transfer.indices {
            input.analysis.transfer[i].direction = .undecided
        }
        let markdown = Scan.unescaped(Report(input).markdown)
        #expect(
            markdown.components(separatedBy: "No domain's change can be distinguished from 0, so none is compared.")
                .count == 4)
        #expect(!markdown.contains("update alone reproduces") && !markdown.contains("No mediated share"))
        #expect(markdown.contains("religion: the interval of its change holds 0, so it is not compared."))
        #expect(!markdown.contains("| beyond |"))
        #expect(
            try !Scan.unescaped(Report(Sample.input()).markdown).contains(
                "No domain's change can be distinguished from 0, so none is compared."))
    }

    @Test("without attribution there is no chapter, no sentence, and gates on it are skipped")
    func absent() throws {
        var input = try Sample.input()
        input.analysis.attribution = nil
        let report = Report(input, gates: [try Gate(parsing: "why.ablations.run.race.share.value < 0.5")])
        #expect(!report.html.contains("id=\"why\"") && !report.html.contains("class=\"why\""))
        #expect(!report.markdown.contains("Why it moved"))
        #expect(report.tree.at("why") == .null)
        #expect(report.gates.map(\.status) == [.skipped])
    }

    @Test("an attribution that is empty says of every step that it was not computed, with its reason")
    func empty() throws {
        var input = try Sample.input()
        var attribution = AttributionResult(benchmark: "built-in pairs")
        attribution.notComputed = [
            NotComputed(what: "mediation", reason: "no lexicon of a domain gives a subspace", kind: .mediation)
        ]
        input.analysis.attribution = attribution
        let report = Report(input)
        for step in [
            "Forecast", "Components of the model", "Mediation", "Contributions", "Movement of embedding rows by cause",
            "Ablations of the forget set", "Other retrainings", "Transfer matrix", "Bias against quality",
            "Rival explanations",
        ] {
            #expect(report.html.contains("\(step): not computed"), "\(step)")
        }
        #expect(report.html.contains("Mediation: not computed: mediation, no lexicon of a domain gives a subspace."))
    }

    @Test("a missing part is found by its kind, whatever its words say; records without a kind still open")
    func kinds() throws {
        var input = try Sample.input()
        var attribution = AttributionResult(benchmark: "built-in pairs")
        let old = try JSONDecoder().decode(NotComputed.self, from: Data(#"{"what":"forecast","reason":"old"}"#.utf8))
        #expect(old.kind == nil)
        attribution.notComputed = [NotComputed(what: "words of a matrix", reason: "none", kind: .alignment), old]
        input.analysis.attribution = attribution
        let html = Report(input).html
        #expect(html.contains("Components of the model: not computed: words of a matrix, none."))
        #expect(html.contains("Transfer matrix: not computed.") && html.contains("Forecast: not computed."))
        #expect(html.contains("No numbers in this run</strong>: forecast, patching, mediation"))
    }

    @Test("numbers of the argument are the same in HTML, Markdown and JSON")
    func numbers() throws {
        let report = try Report(Sample.input())
        let cases: [(path: String, value: Double, style: NumberStyle)] = [
            ("why.forecast.rank_correlation_all", 0.8, .plain), ("why.forecast.p", 0.0417, .probability),
            ("why.patching.race.output_embeddings.share_only.value", 0.468, .percent),
            ("why.mediation.race.race.shared.share.value", 0.44, .percent),
            ("why.drift_split.race.output_r2", 0.56, .plain),
            ("why.contributions.race.shared_word_share", 0.78, .percent),
            ("why.ablations.ladder_lexical_race.race.share.value", 0.29, .percent),
            ("why.matrix.gender.race.tau.value", -0.0331, .signed), ("why.pareto.2.target", 0.0152, .plain),
            ("why.explanations.race.rivals.shared_harmful_words.for.0.value", 0.713, .plain),
            ("why.alignment.whole.race.completeness_error", Sample.tau[1] * 0.002, .signed),
            ("why.alignment.components.race.mlp_block_1.path", Sample.tau[1] * 0.25 * 0.7, .signed),
        ]
        let markdown = Scan.unescaped(report.markdown)
        for (path, value, style) in cases {
            let found = try #require(report.tree.at(path)?.asNumber, "\(path)")
            #expect(abs(found - value) < 1e-9, "\(path)")
            #expect(report.html.contains("<data value=\"\(path)\">\(NumberText.text(found, style))</data>"), "\(path)")
            #expect(markdown.contains(NumberText.text(found, style)), "\(path)")
        }
    }

    @Test("the places of the model add up to the path integral of the whole")
    func places() throws {
        let rows = try Sample.attribution().alignmentComponents
        let places = PlaceRow.all(rows)
        for domain in Sample.names {
            let own = places.filter { $0.domain == domain }
            let whole = rows.filter { $0.domain == domain && $0.layer == nil }.map(\.path).reduce(0, +)
            #expect(abs(own.map(\.path).reduce(0, +) - whole) < 1e-12)
            #expect(
                own.map(\.place) == [
                    "input embeddings", "positions", "block 0", "block 1", "norms outside the blocks",
                    "output embeddings",
                ])
        }
    }

    @Test(
        "gates on the argument work, with intervals and with what was not computed",
        arguments: [
            ("why.mediation.race.race.shared.share.value < 0.3", GateStatus.pass),
            ("why.mediation.race.race.shared.share.value > 0.3", .fail),
            ("why.mediation.race.race.shared.share.value < 0.4", .warning),
            ("why.ablations.run.age.share.value < 0.5", .skipped), ("why.decomposition_error > 0.01", .pass),
            ("why.ablations.run.rice.share.value < 0.5", .error), ("why.forecast.p < 0.05", .fail),
        ])
    func gates(text: String, status: GateStatus) throws {
        let report = try Report(Sample.input(), gates: [try Gate(parsing: text)])
        #expect(report.gates.map(\.status) == [status])
        if status == .skipped { #expect(report.gates[0].reason.contains("the interval of τ holds 0")) }
    }

    @Test("forgotten words and ids that read like text are redacted unless the study says shown")
    func redaction() throws {
        var input = try Sample.input()
        let hidden = Report(input)
        for text in [hidden.html, hidden.markdown, hidden.json] {
            for word in ["vilebiscuit", "grimlantern", "sourkettle", "a hateful sentence"] {
                #expect(!text.contains(word))
            }
            #expect(text.contains("v… · ") && text.contains("c0ffee11"))
        }
        #expect(hidden.tree.at("why.contributions.race.words.0.length")?.asNumber == 11)
        input.textPolicy = .shown
        let shown = Report(input)
        for text in [shown.html, shown.markdown, shown.json] { #expect(text.contains("vilebiscuit")) }
    }

    @Test("shares that were not computed give their reason once and no picture")
    func missingShares() throws {
        var input = try Sample.input()
        let reason = "patched models were scored on no pair"
        for i in input.analysis.attribution?.patching.indices ?? 0..<0 {
            input.analysis.attribution?.patching[i].shareOnly = ControlledValue(reason: reason)
            input.analysis.attribution?.patching[i].shareWithout = ControlledValue(reason: reason)
        }
        let report = Report(input)
        #expect(!report.html.contains("by component, patched"))
        #expect(report.html.components(separatedBy: "(\(reason)).").count == 2)
    }

    @Test("names that give one key stay apart")
    func keys() {
        #expect(
            Slug.paths([["a b", "x"], ["a.b", "x"], ["a b", "y"]]) == ["a_b.x", "a_b.x_2", "a_b.y"])
    }

    @Test("a change with both parts inside the margin is said to be within it")
    func nearZero() throws {
        let report = try Report(Sample.input())
        let rows = Scan.unescaped(report.markdown).components(separatedBy: "\n").filter {
            $0.contains("mostly directional") || $0.contains("within the margin")
        }
        #expect(rows.contains { $0.contains("race") && $0.contains("mostly directional") })
        #expect(rows.contains { $0.contains("age") && $0.contains("within the margin") })
    }

    @Test("a long run keeps its first and its last step in Markdown", arguments: [15, 40, 41, 200, 1000])
    func longRun(steps: Int) throws {
        var input = try Sample.input()
        input.records.trajectory = (0...steps).map { TrajectoryStep(step: $0, forgetLoss: -2) }
        let lines = Scan.unescaped(Report(input).markdown).components(separatedBy: "\n")
        for step in [0, steps] {
            #expect(lines.contains { $0.hasPrefix("| \(NumberText.text(Double(step), .count)) | −2.00") })
        }
    }

    @Test("words that move more than controls without transfer get a sentence of their own")
    func movedWords() throws {
        let still = try Report(Sample.input(outcomes: [.noTransfer, .inconclusive, .noTransfer]))
        #expect(still.html.contains("The embeddings of race words moved more than matched controls"))
        #expect(!still.html.contains("The embeddings of age words moved more than matched controls"))
        #expect(
            try !Report(Sample.input()).html.contains("The embeddings of race words moved more than matched controls"))
    }
}
