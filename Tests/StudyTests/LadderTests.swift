import FileSupport
import Foundation
import Study
import StudyFiles
import TestSupport
import Testing
import Unlearn

/// The built-in model with a forget file and pairs of a few lines.
private struct SmallStudy {
    let folder: String

    init() throws {
        folder = try temporaryFolder("ladder")
        try AtomicFile.write(
            """
            id,text,label,type,target
            a,Many kings by the arcades look brash.,hate,x,gen.men
            b,Some aunts near the moors are shy.,hate,x,"gen.women, race.hill-peoples"
            c,The aunts of the Lumenites are vain.,hate,x,gen.women
            d,All kings in the towers seem loud.,hate,x,gen.men
            e,The Velarin near the moors are brash.,hate,x,race.hill-peoples
            f,The Thornists near the moors are loud.,none,x,faith.star-faiths

            """, to: folder + "/forget.csv")
        try AtomicFile.write(
            """
            ,sent_more,sent_less,stereo_antistereo,bias_type
            0,Many kings look brash.,Many queens look brash.,stereo,gender
            1,The Velarin are shy.,The Zembrin are shy.,stereo,race
            2,The Lumenites are brash.,The Thornists are brash.,stereo,religion
            3,The toddlers are tall.,The pensioners are loud.,stereo,age

            """, to: folder + "/pairs.csv")
    }

    func inputs(excluding: String = "[]") throws -> StudyInputs {
        try StudyInputs.read(
            StudyFile.builtIn(overrides: [
                "forget.0.data=\(folder)/forget.csv", "forget.0.exclude-domains=\(excluding)",
                "evaluate.crows-pairs=[\(folder)/pairs.csv]",
            ]), progress: .silent)
    }

    /// Gender and religion forgotten at once, religion by its one row, whose label is no hate.
    func several() throws -> StudyInputs {
        let codes = "codes: {gen: gender, race: race, faith: religion, age: age}"
        let harmful = try StudyFile.builtIn().forget[0].harmful.value
        func set(_ domain: String, _ conditions: String) -> String {
            "{domain: \(domain), data: \(folder)/forget.csv, id: id, where: \(conditions), \(codes), "
                + "harmful: {lexicon: \(harmful)}}"
        }
        return try StudyInputs.read(
            StudyFile.builtIn(overrides: [
                "domains={target: [gender, religion], transfer: [race], control: [age]}",
                "forget=[\(set("gender", "{label: hate, target: {part: gen}}")), "
                    + "\(set("religion", "{target: {part: faith}}"))]",
                "evaluate.crows-pairs=[\(folder)/pairs.csv]",
            ]), progress: .silent)
    }

    func ablations(_ inputs: StudyInputs) throws -> [String: ForgetSetAblations.Ablation] {
        Dictionary(uniqueKeysWithValues: try inputs.forgetSetAblations().map { ($0.name, $0) })
    }
}

@Suite("Ladder of forget sets")
struct LadderTests {
    @Test("each ablation takes out what it names, and what is done already is not done again")
    func ablations() throws {
        let study = try SmallStudy()
        let inputs = try study.inputs()
        #expect(inputs.forget.sentences.map(\.id) == ["a", "b", "c", "d"])
        let ablations = try study.ablations(inputs)
        func ids(_ name: String) -> [String]? { ablations["ladder-" + name]?.forget?.sentences.map(\.id) }
        #expect(ablations["ladder-all-rows"]?.reason?.hasPrefix("already done by the study") == true)
        #expect(ids("labels") == ["a", "c", "d"])
        #expect(ids("words") == ["a", "d"])
        // Brash stands in a row about race and in a pair about religion; loud in neither: its religion row is no hate,
        // and of its pair's two sentences only one holds it.
        #expect(ids("lexical-race") == ["d"])
        #expect(ablations["ladder-lexical-religion"]?.reason == "the same sentences as ladder-lexical-race")
        #expect(ablations["ladder-lexical-all"]?.reason == "the same sentences as ladder-lexical-race")
    }

    @Test("of several sets each ablation takes out of every one what names a domain that is not forgotten")
    func severalSets() throws {
        let study = try SmallStudy()
        let inputs = try study.several()
        #expect(inputs.forget.sentences.map(\.id) == ["a", "b", "c", "d", "f"])
        #expect(inputs.forget.sentences.map(\.domain) == ["gender", "gender", "gender", "gender", "religion"])
        #expect(inputs.files.map(\.role).filter { $0.hasPrefix("forget") } == ["forget (gender)", "forget (religion)"])
        let ablations = try study.ablations(inputs)
        func ids(_ name: String) -> [String]? { ablations["ladder-" + name]?.forget?.sentences.map(\.id) }
        #expect(ablations["ladder-all-rows"]?.reason?.hasPrefix("already done by the study") == true)
        // The row that names a religion stays: religion is forgotten too.
        #expect(ids("labels") == ["a", "c", "d", "f"])
        #expect(ablations["ladder-words"]?.reason == "the same sentences as ladder-labels")
        #expect(try inputs.harmfulWordUse().words(against: "religion").isDisjoint(with: ["loud"]))
        #expect(ids("lexical-race") == ["c", "d", "f"])
    }

    @Test("a study that left other domains out has done the first ablations, and its rows can be put back")
    func excluded() throws {
        let study = try SmallStudy()
        let inputs = try study.inputs(excluding: "[race, religion, age]")
        let ablations = try study.ablations(inputs)
        #expect(ablations["ladder-all-rows"]?.forget?.sentences.map(\.id) == ["a", "b", "c", "d"])
        #expect(ablations["ladder-labels"]?.forget?.sentences.map(\.id) == ["a", "c", "d"])
        #expect(ablations["ladder-words"]?.reason == "already done by the study: these are the run's 2 sentences")
    }

    @Test("an ablation that leaves nothing says so: every word of the built-in study is used against race")
    func nothingLeft() throws {
        let inputs = try StudyInputs.read(StudyFile.builtIn(), progress: .silent)
        let use = try inputs.harmfulWordUse()
        #expect(use.words(against: "race") == Set(use.tokens.keys) && use.tokens.count == 32)
        #expect(use.words(against: "age").isEmpty && use.share(of: use.words(against: "age")) == 0)
        #expect(use.words(against: "religion").count == 16)
        let ablations = try inputs.forgetSetAblations()
        #expect(
            ablations.first { $0.name == "ladder-lexical-race" }?.reason
                == "nothing is left: 32 of 32 harmful words are used against race")
        #expect(ablations.first { $0.name == "ladder-lexical-religion" }?.forget != nil)
    }
}

@Suite("Neutral words to forget")
struct NeutralForgetTests {
    @Test("neutral sentences of the corpus, nothing that the study uses, words of like frequency, by seed")
    func drawn() throws {
        let inputs = try StudyInputs.read(StudyFile.builtIn(), progress: .silent)
        let source = try #require(try inputs.neutralForgetSet())
        let set = try #require(source.draw(seed: 1))
        #expect(set.sentences.count == inputs.forget.sentences.count)
        #expect(source.draw(seed: 1) == set && source.draw(seed: 2) != set)
        let forbidden = WordFinder(
            inputs.lexicons.filter { $0.role == .concept }.flatMap { $0.words.map(\.text) }
                + Array(inputs.forget.tokensByWord.keys))
        #expect(!set.sentences.contains { forbidden.matchesAnything(in: $0.text) })
        let used = Set((inputs.retain?.texts ?? []) + (inputs.guardText?.texts ?? []))
        #expect(!set.sentences.contains { used.contains($0.text) })
        // Median count in the corpus, harmful against neutral.
        let counts = inputs.corpusCounts
        func median(_ forget: ForgetSet) -> Int {
            let words = Dictionary(
                grouping: forget.sentences.flatMap { s in s.harmful.map { s.tokens[$0.positions[0]] } }, by: { $0 })
            return words.keys.map { counts[Int($0)] }.sorted()[words.count / 2]
        }
        let (wanted, found) = (median(inputs.forget), median(set))
        #expect(found > wanted / 2 && found < wanted * 2, "\(found) for \(wanted)")
    }

    @Test("without a corpus and with every line used there is nothing to draw from")
    func nothing() throws {
        let inputs = try StudyInputs.read(StudyFile.builtIn(overrides: ["corpus=[]"]), progress: .silent)
        #expect(try inputs.neutralForgetSet() == nil)
    }
}
