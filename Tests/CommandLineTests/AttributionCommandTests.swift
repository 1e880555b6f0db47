import BuiltInStudy
import FileSupport
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Harmful words by attribution, in words and in a study") struct AttributionCommandTests {
        private let place: Workshop
        private let attribution = "top=1,cue=They are,harmful=shy fussy chatty moody,harmless=loud rude blunt gruff"

        init() throws { place = try Workshop() }

        @Test("words asks the model of --model, once for both selections, and refuses to do without")
        func words() throws {
            let table = try place.file(
                "f.csv",
                "text\nSome women in the drawbridges are really moody.\nMany kings by the arcades look brash.\n")
            let words = ["words", "--forget", table, "--quiet", "--harmful", "attribution=" + attribution]
            let ending = try Program.run(
                words + ["--against", "attribution=" + attribution, "--model", "built-in", "--json"])
            #expect(ending.code == 0, "\(ending.complaint)")
            let found = try JSON.parse(Array(ending.output.utf8), place: "words")
            #expect(found["marked_harmful"] == 2 && found["marked_both"] == 2)
            #expect(abs(try JSONCursor(found, place: "words").member("kappa").double() - 1) < 1e-12)
            let all = place.path
            try expectRefused(
                words + ["--against", "lexicon=built-in"], ["harmful.attribution", "asks a model", "--model"],
                untouched: all)
            try expectRefused(
                words + ["--against", "lexicon=built-in", "--model", all + "/none"], [all + "/none"], untouched: all)
            // A model that nobody asks is not looked for.
            let others = try Program.run([
                "words", "--forget", table, "--quiet", "--harmful", "lexicon=built-in", "--against", "lexicon=built-in",
                "--model", all + "/none",
            ])
            #expect(others.code == 0, "\(others.complaint)")
        }

        @Test("a study forgets the words that its own model names; stopped and resumed it comes to the same report")
        func study() throws {
            func arguments(_ run: String) -> [String] {
                let settings = [
                    "optimizer.steps=8", "guard.check-every=2", "evaluate.pairs=8", "analyze.null-draws=2",
                    "analyze.controls=100", "analyze.bootstrap=100", "analyze.scaling=[1]",
                    "snapshots.contextual=false", "corpus=[]", "why=none",
                    "forget.0.harmful={attribution: \"\(attribution)\"}",
                ]
                return ["demo", "--quiet", "--threads", "2", "--out", run] + settings.flatMap { ["--set", $0] }
            }
            let (whole, cut) = (place.path + "/whole", place.path + "/cut")
            let ending = try Program.run(arguments(whole))
            #expect(ending.code == 0 && ending.complaint.isEmpty, "\(ending.complaint)")
            let text = try Input.text(whole + "/report.md")
            #expect(text.contains("attribution, of each row the 1 word with most gradient × input"))
            #expect(
                text.contains("log p(shy, fussy, chatty, moody) − log p(loud, rude, blunt, gruff) after \"They are\""))
            let study = try Input.text(whole + "/study.yaml")
            #expect(study.contains("attribution: ") && study.contains("cue=They are"))

            let program = try Program(arguments(cut))
            #expect(program.waits(for: "check-passed", in: cut))
            program.send(SIGKILL)
            if try program.ending().code == nil {
                let rest = try Program.run(arguments(cut) + ["--resume"])
                #expect(rest.code == 0 && rest.complaint.isEmpty, "\(rest.complaint)")
            }
            let words = try [whole, cut].map { try Input.bytes($0 + "/forgotten-words.jsonl") }
            #expect(words[0] == words[1] && !words[0].isEmpty)
            let isSame = try SmallRun.comparable(whole).pretty == SmallRun.comparable(cut).pretty
            #expect(isSame, "another report")
        }
    }
}
