import FileSupport
import Study
import StudyFiles
import TestSupport
import Testing

/// Whether the argument why a bias moved names what was planted. `make test-slow` runs these.
@Suite("Argument on known answers, slow", .enabled(if: isSlow, "set DRIFTSCOPE_SLOW"), .serialized)
struct ArgumentSlowTests {
    @Test("on the built-in study words are named and the ranks forecast, for further seeds too", arguments: [2, 3, 4])
    func planted(seed: Int) throws {
        let overrides = Finding.argument(["decomposition", "forecast"]) + ["analyze.null-draws=0", "seeds=[\(seed)]"]
        try expectPlantedArgument(Finding(StudyFile.builtIn(overrides: overrides)))
    }

    @Test("with a shared latent a subspace is named and words are ruled out, since there is none to leave out")
    func latent() throws {
        let finding = try Finding(
            StudyFile.builtIn(
                .latent, overrides: Finding.argument(["alignment", "mediation", "decomposition", "ablations"])))
        #expect(finding.outcomes["race"] == "transfer supported")
        #expect(try finding.carriers("race") == ["shared identity subspace"])
        let why = try finding.report.member("why")
        let words = try why.member("explanations").member("race").member("rivals").member("shared_harmful_words")
        #expect(try words.member("standing").string() == "contradicted")
        #expect(try why.member("contributions").member("race").member("shared_word_base").double() == 0)

        let share = try why.member("mediation").member("race").member("race").member("shared").member("share")
        let (value, p) = (try share.member("value").double(), try share.member("p").double())
        #expect(value > 0.4 && p < 0.05, "\(value), p \(p)")

        let ablation = try why.member("ablations").member("ladder_lexical_race").member("race")
        #expect(try ablation.member("reason").string() == "no harmful word is used against race")
    }

    @Test("where words are the tie they are named for both domains, each its own, and without them both fall")
    func lexical() throws {
        let finding = try Finding(
            StudyFile.builtIn(
                .lexical, overrides: Finding.argument(["decomposition", "ablations"]) + ["analyze.null-draws=0"]))
        let ladder = try finding.report.member("why").member("ablations")
        for domain in ["race", "religion"] {
            #expect((finding.interval[domain]?.lower ?? 0) > 0)
            #expect(try finding.carriers(domain) == ["shared harmful words"])
            let ablation = try ladder.member("ladder_lexical_\(domain)").member(domain).member("tau")
            #expect(try ablation.member("upper").double() < 0, "\(domain)")
        }
    }

    @Test("the words that did most are those that a domain shares, in at least 9 of 10 seeds")
    func lexicalWords() throws {
        let found = try (1...10).map { seed in
            try sharedAmongTen(
                Finding(
                    StudyFile.builtIn(
                        .lexical,
                        overrides: Finding.argument(["decomposition"]) + ["analyze.null-draws=0", "seeds=[\(seed)]"])
                ))
        }
        for domain in ["race", "religion"] {
            let counts = found.map { $0[domain] ?? 0 }
            #expect(counts.count { $0 >= 9 } >= 9, "\(domain): \(counts)")
            #expect(counts.reduce(0, +) >= 90, "\(domain): \(counts)")
        }
    }

    @Test("where the retain text teaches race stereotypes, the retain term is named as the cause of their rise")
    func retain() throws {
        let finding = try Finding(
            StudyFile.builtIn(
                .negative, overrides: Finding.argument(["alignment", "decomposition", "forecast", "retrainings"])))
        #expect(try finding.carriers("race") == ["the retain term"])
        let why = try finding.report.member("why")
        let race = try why.member("contributions").member("race")
        let (exact, retain) = (try race.member("exact").double(), try race.member("retain").double())
        let forget = try race.member("forget").double()
        #expect(exact > 0.02 && retain > exact && forget < 0, "\(retain) of \(exact)")
        // Seen before the first step, too.
        #expect(try why.member("forecast").member("entries").member("race").member("predicted").double() > 0.02)
    }
}
