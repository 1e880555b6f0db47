import BuiltInStudy
import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("Several domains forgotten at once") struct SeveralDomainsTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        /// Gender and religion of the built-in study, with the fewest of everything.
        private func arguments(_ out: String, _ extra: [String] = []) throws -> [String] {
            let files = BuiltInStudy.path("planted")
            func forget(_ domain: String, _ label: String) -> String {
                "{domain: \(domain), data: \(files)/forget.csv, id: id, where: {label: hate, target: {part: \(label)}}, "
                    + "exclude-domains: [race, age], codes: {gen: gender, race: race, faith: religion, age: age}, "
                    + "harmful: {lexicon: \(files)/harmful.json}}"
            }
            let settings =
                [
                    "model=" + (try EveryStage.model()), "optimizer.steps=6", "guard.check-every=2", "corpus=[]",
                    "evaluate.pairs=12", "evaluate.every=3", "analyze.null-draws=3", "analyze.controls=100",
                    "analyze.bootstrap=100", "analyze.scaling=[-1, 1]", "why.controls=1", "why.neutral-words=0",
                    "domains={target: [gender, religion], transfer: [race], control: [age]}",
                    "forget=[\(forget("gender", "gen")), \(forget("religion", "faith"))]",
                ] + extra
            return ["demo", "--quiet", "--threads", "2", "--out", out] + settings.flatMap { ["--set", $0] }
        }

        private func report(_ run: String) throws -> JSONCursor { try JSONCursor.read(run + "/report.json") }

        @Test(
            "each set has its counts, each target its row, each other domain one verdict, and each target a retraining without it"
        )
        func whole() throws {
            let run = place.path + "/run"
            let ending = try Program.run(arguments(run))
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            try SmallRun.expectWhole(run)
            let report = try report(run)
            let sets = try report.member("forget").elements()
            #expect(try sets.map { try $0.member("domain").string() } == ["gender", "religion"])
            let counts = try sets.map { try $0.member("sentences").int() }
            #expect(counts == [610, 21])

            let transfer = try report.member("transfer")
            for (domain, role) in [
                ("gender", "target"), ("religion", "target"), ("race", "transfer"), ("age", "control"),
            ] {
                #expect(try transfer.member(domain).member("role").string() == role)
            }
            let verdicts = try report.member("verdict").members().map(\.0)
            #expect(Set(verdicts) == ["race", "age"])
            let retrainings = try report.member("why").member("retrainings")
            for (target, left) in [("gender", 21), ("religion", 610)] {
                let row = try retrainings.member("without_" + target).member("race")
                #expect(try row.member("sentences").int() == left)
                #expect(try row.member("tau").member("value").double().isFinite)
            }
            // What the sets did adds up to what the forget term did.
            for domain in ["gender", "religion", "race", "age"] {
                let row = try report.member("why").member("contributions").member(domain)
                let parts = try ["gender", "religion"].map {
                    try row.member("set").member($0).member("value").double()
                }
                let all = try row.member("forget").double()
                #expect(
                    abs(parts[0] + parts[1] - all) <= 1e-9 * max(1, abs(all)) && parts[0] != 0,
                    "\(domain) \(parts) \(all)")
            }
            #expect(
                try report.member("drift").member("input_embeddings").member("target_subspace").member("rank").int()
                    >= 1)

            let review = try Input.text(run + "/forgotten-words.jsonl").split(separator: "\n")
            #expect(review.count == 631 && review.filter { $0.hasPrefix(#"{"domain":"religion""#) }.count == 21)
            let resolved = try Input.text(run + "/study.yaml")
            #expect(resolved.contains("  forget (gender): ") && resolved.contains("  forget (religion): "))
            let log = try Input.text(run + "/audit.jsonl")
            #expect(log.contains(#""domain":"religion","sentences":\#(counts[1])"#))
            let page = try Input.text(run + "/report.md")
            #expect(page.contains("# What moved when gender and religion bias was forgotten"))
            #expect(
                page.contains("What each forget set did to each change") && page.contains("religion is not forgotten"))
        }

        @Test("killed in its steps, it goes on to the same report")
        func resumed() throws {
            let light = ["why=none", "snapshots.contextual=false", "analyze.scaling=[1]"]
            let (whole, cut) = (place.path + "/whole", place.path + "/cut")
            let ending = try Program.run(arguments(whole, light))
            #expect(ending.code == 0, "\(ending.complaint)")
            let program = try Program(arguments(cut, light))
            #expect(program.waits(for: "check-passed", in: cut))
            program.send(SIGKILL)
            _ = try program.ending()
            if !Program.hasEnded(cut) {
                let rest = try Program.run(arguments(cut, light) + ["--resume"])
                #expect(rest.code == 0 && rest.complaint.isEmpty, "\(rest.complaint)")
            }
            let isSame = try SmallRun.comparable(cut).pretty == SmallRun.comparable(whole).pretty
            #expect(isSame, "the report differs from that of an uninterrupted run")
        }

        @Test("a set that is about no target, and a benchmark without items of one target, are refused in one line")
        func refused() throws {
            func expect(_ extra: [String], _ words: String) throws {
                let ending = try Program.run(arguments(place.path + "/no", extra))
                #expect(ending.code == 2 && ending.complaints.count == 1, "\(ending.complaint)")
                #expect(ending.complaint.contains(words), "\(ending.complaint)")
            }
            try expect(
                ["forget.1.domain=race"], "a forget set is about 'race', the targets are 'gender' and 'religion'")
            try expect(["forget.1.domain=gender"], "no forget set is about the target 'religion'")
            let pairs = try place.file(
                "pairs.csv",
                ",sent_more,sent_less,stereo_antistereo,bias_type\n0,The men are shy.,The women are shy.,stereo,gender\n"
            )
            try expect(["evaluate.crows-pairs=[\(pairs)]"], "no item about the target domain 'religion'")
        }
    }
}
