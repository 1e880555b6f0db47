import Analyze
import FileSupport
import Foundation
import Records
import Report
import Testing

@Suite("The page")
struct PageTests {
    @Test("what was forgotten is told by what the objective forgets")
    func forgotten() throws {
        for (instead, headline, section) in [
            (nil, "1403 harmful tokens in 1176 sentences about", "of which 1403 are forgotten (38 different words)"),
            (
                .allTokens, "all tokens of 1176 sentences about",
                "all of which are forgotten; 1403 are harmful (38"
            ),
            (
                .pairs(12), "12 pairs of sentences about",
                "of which 1403 are harmful; in their place 12 pairs of sentences are forgotten (38"
            ),
        ] as [(ForgetSetSummary.Instead?, String, String)] {
            var input = try Sample.input()
            input.records.metadata.forget[0].instead = instead
            let report = Report(input)
            let page = Scan.unescaped(report.markdown).replacing("1 403", with: "1403").replacing("1 176", with: "1176")
            #expect(page.contains("Forgotten: " + headline) && page.contains(section), "\(headline)")
            #expect(report.tree.at("forget.0.pairs")?.asNumber == (instead == .pairs(12) ? 12 : nil))
        }
    }

    @Test("every number of the HTML page stands in report.json under the path beside it")
    func numbersOfHTML() throws {
        let report = try Report(Sample.input(), gates: [try Gate(parsing: "transfer.race.tau.value < -0.05")])
        let numbers = Scan.data(report.html)
        #expect(numbers.count > 300)
        for (path, text) in numbers {
            let value = try #require(report.tree.at(path)?.asNumber, "\(path)")
            #expect(Scan.texts(of: value).contains(text), "\(path): \(text)")
        }
    }

    @Test("the Markdown and what a reader sees of the HTML print no number that report.json does not hold")
    func numbersOfText() throws {
        let report = try Report(Sample.input())
        let known = Scan.known(report.tree)
        for text in [Scan.visible(report.html), Scan.unescaped(report.markdown)] {
            // Definitions hold constants of formulas (θ0, 50), not results.
            let body = text.components(separatedBy: "Definitions\n").first ?? ""
            let unknown = Scan.numbers(body).filter { !known.contains($0) }
            #expect(Set(unknown).subtracting(["0", "1", "50", "95", "256", "2"]) == [], "printed, not in report.json")
        }
    }

    @Test("the three numbers of the first screen are the same in HTML, Markdown and JSON")
    func sameEverywhere() throws {
        let report = try Report(Sample.input())
        for path in [
            "transfer.race.tau.value", "quality.perplexity.after", "transfer.race.nulls.random_update.excess.value",
        ] {
            let value = try #require(report.tree.at(path)?.asNumber)
            let style: NumberStyle = path.hasPrefix("quality") ? .plain : .signed
            #expect(report.html.contains("<data value=\"\(path)\">\(NumberText.text(value, style))</data>"))
            #expect(Scan.unescaped(report.markdown).contains(NumberText.text(value, style)))
        }
        #expect(report.json.contains("\"schema\": \"driftscope-report\""))
    }

    @Test("what is missing for one reason in many layers is said once")
    func missingLayers() throws {
        var input = try Sample.input()
        func missing(_ layer: Int, _ reason: String = "no controls") -> NotComputed {
            NotComputed(what: "control band of race of contextual, layer \(layer)", reason: reason)
        }
        input.analysis.notComputed =
            (1...12).map { missing($0) } + [missing(14, "no words"), missing(15, "no words"), missing(17, "no words")]
            + [missing(20, "no rows"), NotComputed(what: "the map", reason: "no controls")]
            + [missing(3), missing(14, "no words")]  // said twice
        let page = Report(input).markdown
        for line in [
            "- **control band of race of contextual, layers 1–12**: no controls\n",
            "- **control band of race of contextual, layers 14, 15, 17**: no words\n",
            "- **control band of race of contextual, layer 20**: no rows\n", "- **the map**: no controls\n",
        ] { #expect(page.contains(line)) }
    }

    @Test("each of the six outcomes has its words on the first screen", arguments: VerdictOutcome.allCases)
    func outcomes(outcome: VerdictOutcome) throws {
        let report = try Report(Sample.input(outcomes: [outcome, outcome, outcome]))
        let words: [VerdictOutcome: (row: String, head: String)] = [
            .notAssessable: ("not assessable", "Not assessable: no gender bias was found at baseline."),
            .damage: ("damage", "damaged the model"),
            .transferSupported: ("transfer supported", "lowered race, religion and age bias as well"),
            .negativeTransfer: ("negative transfer", "raised race, religion and age bias"),
            .noTransfer: ("no transfer", "changed by no more than the margin"),
            .inconclusive: ("inconclusive", "the result is inconclusive"),
        ]
        let (row, head) = try #require(words[outcome])
        #expect(report.html.contains(">\(row)</span>") && row == outcome.rawValue)
        for text in [report.html, report.markdown] { #expect(text.contains(head)) }
        let key = report.tree.at("verdict.race.outcome")
        #expect(key == .string(outcome.rawValue))
    }

    @Test("not assessable is never said without what was not found, nor of another bias")
    func notAssessable() throws {
        let report = try Report(Sample.input(outcomes: Array(repeating: .notAssessable, count: 3)))
        #expect(report.html.contains("not assessable</span><br><small>no gender bias found at baseline</small>"))
        #expect(report.markdown.contains("not assessable: no gender bias found at baseline |"))
        #expect(
            report.markdown.contains("This says nothing about whether race, religion or age bias is present.") == true)
    }

    @Test("a run without a guard does not say that a guard let it pass")
    func unguarded() throws {
        var input = try Sample.input()
        input.records.metadata.outcome = UnlearningOutcome(reason: .finished, lastStep: 16, keptStep: 16)
        input.guardLimits = nil
        #expect(Report(input).markdown.contains("- **Guard** no guard configured; model of step 16 kept\n"))
        input.guardLimits = .init(kl: 0.1)
        #expect(Report(input).markdown.contains("- **Guard** not triggered; model of step 16 kept\n"))
        #expect(!Report(input).markdown.contains("**Unlearning**"))
        input.records.metadata.outcome?.remarks = [.noParameterChanged(keptStep: 16)]
        #expect(Report(input).markdown.contains("- **Unlearning** no parameter changed, bit for bit: frozen"))
    }

    @Test("bias-bench where the tokenizer begins every text with a token is warned of, once")
    func beginToken() throws {
        for (profile, adds) in [("bias-bench", true), ("bias-bench", false), ("bias-bench", nil), ("driftscope", true)]
        {
            var input = try Sample.input()
            for i in input.analysis.scores.indices { input.analysis.scores[i].profile = profile }
            input.records.metadata.model?.addsBeginToken = adds
            let count = Report(input).markdown.components(separatedBy: "puts a begin token before every text").count - 1
            #expect(
                count == (profile == "bias-bench" && adds == true ? 1 : 0), "\(profile), \(String(describing: adds))")
        }
    }

    @Test("equal input gives equal bytes; another time stamp changes its own places only")
    func deterministic() throws {
        var other = try Sample.input()
        let first = try Report(Sample.input())
        #expect(Report(other).html == first.html)
        #expect(Report(other).json == first.json)
        other.created = "2027-02-03T04:05:06Z"
        let second = Report(other)
        for (a, b) in [(first.html, second.html), (first.markdown, second.markdown), (first.json, second.json)] {
            #expect(
                b.replacingOccurrences(of: "2027-02-03T04", with: "2026-01-01T00")
                    .replacingOccurrences(of: "05:06Z", with: "00:00Z") == a)
        }
    }

    @Test("a run of which nothing was computed still gives a page that says so")
    func empty() throws {
        var input = try Sample.input()
        (input.analysis.domains, input.analysis.scores, input.analysis.transfer) = ([], [], [])
        (input.analysis.updateScaling, input.analysis.drift, input.analysis.budgets) = ([], [], [])
        (input.analysis.disjointness, input.analysis.verdicts, input.analysis.notComputed) = ([], [], [])
        (input.analysis.primaryBenchmark, input.analysis.attribution) = (nil, nil)
        input.records = RunRecords()
        let report = Report(input)
        #expect(report.html.contains("Nothing was scored."))
        for section in ["Trajectory", "Drift", "Null distribution", "Update scaling", "Coverage", "Forget set"] {
            #expect(report.html.contains("\(section): not computed"), "\(section)")
        }
        #expect(report.tree.at("quality.perplexity") == .null)
    }

    @Test("the report names files and programs, and not where they lie on the machine that ran the study")
    func names() throws {
        let report = try Report(Sample.input())
        for (path, text) in [
            ("model.name", "built-in"), ("run.command", "driftscope demo --out sample"),
            ("forget.0.source", "forget.csv"), ("quality.perplexity.text", "perplexity.txt"),
            ("provenance.2.name", "input: forget.csv"), ("forget.0.excluded.4.reason", "no text"),
        ] { #expect(report.tree.at(path) == .string(text), "\(path)") }
        #expect(report.markdown.contains("retain: \"retain.txt\"") && !report.json.contains("/data/"))
        #expect(report.tree.at("coverage.2.dropped") == ["raceone12", "raceone13"])
        #expect(report.tree.at("coverage.2.unexposed")?.asNumber == 11)
        #expect(report.tree.at("quality.guard.perplexity_after")?.asNumber == 6.431)
        #expect(report.tree.at("trajectory.0.bias.race")?.asNumber == 0.0812)
        #expect(report.tree.at("examples.0.label") == .string("gender"))
    }

    @Test("NaN and infinity are printed as words, and are null with the word beside it in report.json")
    func notFinite() throws {
        var input = try Sample.input()
        input.records.metadata.perplexity[0].after?.value = .infinity
        input.records.trajectory[3].guardPerplexity = .nan
        let report = Report(input)
        #expect(report.html.contains("<data value=\"quality.perplexity.after\">inf</data>"))
        let written = try JSON.parse(Array(report.json.utf8), place: "report.json")
        #expect(written.at("quality.perplexity.after") == .null)
        #expect(written.at("quality.perplexity.after_not_finite") == "inf")
        #expect(written.at("trajectory.3.perplexity") == .null)
        #expect(written.at("trajectory.3.perplexity_not_finite") == "NaN")
        #expect(!report.html.contains("d=\"M\"") && !Scan.pictures(report.html).contains("nan"))
    }

    @Test("hostile text stays text: no tag, no script, no table column of its own")
    func hostile() throws {
        let evil =
            "<script>alert('1')</script>|`*_[x](javascript:1)\u{202E}\n&amp;</svg></title><img src=x onerror=alert(1)>"
            + "\u{1B}[2J\u{9B}2J"
        var input = try Sample.input()
        input.records.metadata.commandLine = evil
        input.records.metadata.study = "key: ``` " + evil
        input.records.metadata.model?.name = evil
        input.records.metadata.forget[0].path = evil
        input.records.concepts?.rows[0].group = String(repeating: "long name ", count: 40)
        input.analysis.verdicts[0].sentence = evil
        input.analysis.disjointness[0].note = evil
        let report = Report(input)
        #expect(!report.html.contains("<script") && !report.html.contains("\u{202E}"))
        #expect(!report.html.contains("<img"))
        #expect(report.html.contains("&lt;script&gt;"))
        for text in [report.html, report.markdown] {
            #expect(!text.unicodeScalars.contains { $0 != "\n" && ($0.value < 0x20 || 0x7F...0x9F ~= $0.value) })
        }
        let outside = report.markdown.components(separatedBy: "````").first ?? ""
        for line in outside.split(separator: "\n") where line.contains("script") && !line.contains("`") {
            #expect(line.contains("\\<script\\>") && !line.contains("[x]("))
        }
        let rows = report.markdown.split(separator: "\n").filter { $0.contains("retain text and perplexity text") }
        #expect(rows.count == 1)
        let bars = rows.first.map { $0.replacingOccurrences(of: "\\|", with: "").filter { $0 == "|" }.count }
        #expect(bars == 6)
    }

    @Test("text of rows and forgotten words is redacted unless the study says shown")
    func redaction() throws {
        var input = try Sample.input()
        let hidden = Report(input)
        for text in [hidden.html, hidden.markdown, hidden.json] {
            #expect(!text.contains("made-up sentence for the test"))
            #expect(!text.contains("genderworda"))
        }
        #expect(hidden.markdown.contains("row 41 · a… · " + SHA256Hex.of("a made-up sentence for the test").prefix(8)))
        #expect(hidden.markdown.contains("raceworda"))
        input.textPolicy = .shown
        let shown = Report(input)
        for text in [shown.html, shown.markdown, shown.json] { #expect(text.contains("sentence for the test")) }
    }

    @Test("the page needs no network and no script, and its tables and pictures have names")
    func selfContained() throws {
        let html = try Report(Sample.input()).html
        for word in ["<script", "http://", "https://", "@import", "url(", "<link", "src="] {
            #expect(!html.contains(word))
        }
        #expect(
            html.components(separatedBy: "<svg").count == html.components(separatedBy: "role=\"img\" aria-label=").count
        )
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
        #expect(!html.contains("{{") && html.utf8.count < 1_000_000)
    }

    @Test("a report is written where DRIFTSCOPE_SAMPLE_REPORT says, to be looked at")
    func writesFiles() throws {
        let folder =
            ProcessInfo.processInfo.environment["DRIFTSCOPE_SAMPLE_REPORT"]
            ?? NSTemporaryDirectory() + "driftscope-report-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let report = try Report(Sample.input())
        try report.write(to: folder)
        #expect(try String(contentsOfFile: folder + "/report.html", encoding: .utf8) == report.html)
        #expect(try JSON.read(folder + "/report.json").at("transfer.race.tau.value")?.asNumber == -0.0613)
        #expect(throws: InputError.self) { try report.write(to: folder, formats: ["pdf"]) }
    }
}
