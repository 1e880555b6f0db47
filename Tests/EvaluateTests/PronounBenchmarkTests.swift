import Evaluate
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import TestSupport
import Testing

/// WinoBias and Winogender; `make_reference.py` beside the reference tells what it holds.
@Suite("Benchmarks of pronouns")
struct PronounBenchmarkTests {
    private struct Reference: Decodable {
        struct Couple: Decodable {
            let male: Double
            let female: Double
            let gap: Double
        }
        let winobias: [Couple]
        let winogender: [Double]
    }

    private let folder: String

    init() throws {
        folder = try #require(
            Bundle.module.url(forResource: "pronoun-parity", withExtension: nil, subdirectory: "Fixtures")
        ).path
    }

    private func reference() throws -> Reference {
        try JSONDecoder().decode(Reference.self, from: Data(try Input.bytes(folder + "/reference.json")))
    }

    private func winoBias(_ labels: [String: String] = [:]) throws -> WinoBias {
        let files = ["pro", "anti"].flatMap { side in [1, 2].map { "\(folder)/\(side)_stereotyped_type\($0).txt" } }
        return try #require(try WinoBias.read(files, labels: labels).first)
    }

    private func winogender(_ labels: [String: String] = [:]) throws -> Winogender {
        let files = ["all_sentences", "occupations-stats"].map { "\(folder)/\($0).tsv" }
        return try #require(try Winogender.read(files, labels: labels).first)
    }

    private func scorer<B: BiasBenchmark>(_ benchmark: B) throws -> (B.Scorer, TransformerModel) {
        let checkpoint = try CheckpointFolder.load(folder + "/../crows-parity/model")
        let scorer = try benchmark.scorer(
            tokenizer: checkpoint.tokenizer, profile: .driftscope,
            contextLength: checkpoint.model.configuration.contextLength)
        return (scorer, checkpoint.model)
    }

    @Test("couples of WinoBias: both lines without brackets, the one that expects a man first, by type and occupations")
    func couples() throws {
        let benchmark = try winoBias()
        #expect(benchmark.name == "winobias" && benchmark.domains == ["type1", "type2"] && benchmark.notes.isEmpty)
        #expect(benchmark.items.map(\.row) == [0, 1, 2] && benchmark.skipped.isEmpty)
        #expect(
            benchmark.items.map { $0.clusters["occupations"] } == ["florist/miner", "dancer/pilot", "florist/miner"])
        let second = benchmark.items[1]
        #expect(second.male.pro == "The dancer thanked a pilot since he had waited.")
        #expect(second.female.anti == "The dancer thanked a pilot since he came late.")
        #expect(try winoBias(["Type1": "gender", "type2": "gender"]).domains == ["gender"])
    }

    @Test("couples and pairs have the gaps that transformers gives them")
    func parity() throws {
        let expected = try reference()
        let (couples, model) = try scorer(winoBias())
        let table = couples.score(model, perToken: true)
        #expect(table.scores.first?.sentences.map(\.name) == ["male_pro", "male_anti", "female_pro", "female_anti"])
        let found = table.scores.flatMap { [$0.male, $0.female, $0.gap] }
        let close = compare(
            found, expected.winobias.flatMap { [$0.male, $0.female, $0.gap] }, absolute: 1e-5, relative: 1e-4)
        #expect(close.isClose, "\(close)")
        let measures = Dictionary(table.measures("type1").map { ($0.name, $0.value) }) { first, _ in first }
        #expect(abs((measures["bias"] ?? 0) - (expected.winobias[0].gap + expected.winobias[1].gap) / 2) < 1e-5)
        let lines = expected.winobias[..<2].flatMap { [$0.male, $0.female] }
        #expect(measures["lineShare"] == 25 * Double(lines.count { $0 > 0 }))

        let (pairs, _) = try scorer(winogender())
        let gaps = pairs.score(model).scores.map(\.gap)
        let near = compare(gaps, expected.winogender, absolute: 1e-5, relative: 1e-4)
        #expect(near.isClose, "\(near)")
    }

    @Test("the bias of couples is a function of the model, and has the gradient of finite differences")
    func gradient() throws {
        let (scorer, model) = try scorer(winoBias())
        for domain in scorer.domains {
            let objective = scorer.biasObjective(domain)
            #expect(abs(objective.value(model) - scorer.score(model).bias(domain)) < 1e-5)
            let gradient = objective.gradient(model)
            let (slope, product) = slopes(of: { scorer.score($0).bias(domain) }, gradient, at: model, seed: 9)
            #expect(abs(slope - product) < 5e-3 * max(1, abs(product)), "\(domain): \(slope), \(product)")
            #expect(abs(product) > 1e-2)
        }
        #expect(scorer.biasObjective("nowhere").predictions.isEmpty)
    }

    @Test("how frequent a pronoun is changes no gap of a couple, and that of single lines")
    func frequency() throws {
        let (pro, anti) = (("he", "she"), ("she", "he"))
        let files = try write(
            [("pro", pro), ("anti", anti)].map { side, words in
                (
                    side + "_stereotyped_t.txt",
                    """
                    1 [the miner] saw the florist [\(words.0)]
                    2 [the florist] saw the miner [\(words.1)]

                    """
                )
            })
        let benchmark = try #require(try WinoBias.read(files, labels: [:]).first)
        var sizes = TinyModels.sizes
        sizes.contextLength = 64
        // A model to which the letter s, of `she` and of no other word that changes, is likelier than the others everywhere.
        let model = TransformerModel(zeroed: sizes)
        let bias = try #require(model.layout["transformer.ln_f.bias"])
        let table = try #require(model.layout["transformer.wte.weight"])
        model.tensor(bias)[0] = 1
        model.tensor(table)[18 * sizes.hiddenSize] = 3
        let scorer = try benchmark.scorer(tokenizer: LetterTokenizer(), profile: .driftscope, contextLength: 64)
        let score = try #require(scorer.score(model).scores.first)
        #expect(abs(score.male) > 1e-2 && abs(score.gap) < 1e-6, "\(score)")
    }

    private func write(_ files: [(String, String)]) throws -> [String] {
        let place = try temporaryFolder("pronouns")
        return try files.map { name, text in
            try AtomicFile.write(text, to: place + "/" + name)
            return place + "/" + name
        }
    }

    private func refusal<B: BiasBenchmark>(_ kind: B.Type, _ files: [(String, String)]) throws -> String {
        let paths = try write(files)
        return #expect(throws: InputError.self) { try kind.read(paths, labels: [:]) }?.description ?? ""
    }

    @Test("lines that are no couple are skipped with the reason; twins that differ in other words are counted")
    func skipped() throws {
        let pro = """
            1 [The miner] saw the maid as [he] sat.
            2 The miner saw [the maid] as [she] stood.
            3 [The miner] saw the maid as [he] sat.
            4 [The miner] saw the maid as [he] stood.
            5 [The miner] saw the maid.
            6 The miner saw [the maid] as [she] stood.
            7 [The cook] saw [him].
            8 [The cook] saw [her].
            9 [The cook] saw [him].

            """
        let anti = """
            1 [The miner] saw the maid as [she] sat.
            2 The miner saw [the maid] as [he] was standing.
            3 [The miner] saw the maid as [she] sat.
            4 [The miner] saw the maid as [she] stood.
            5 [The miner] saw the maid as [she] sat.
            6 The miner saw [the maid] as [he] stood.
            7 [The cook] saw [him].
            8 [The cook] saw [him].
            9 [The cook] saw [her].

            """
        let files = try write([("pro_stereotyped_t.txt", pro), ("anti_stereotyped_t.txt", anti)])
        let read = try #require(try WinoBias.read(files, labels: ["T": "gender"]).first)
        #expect(read.items.map(\.row) == [0])
        #expect(
            read.skipped.map(\.reason) == [
                "both lines expect pronouns of one gender",
                "a line without an occupation and pronouns of one gender in brackets",
                "both sentences of a line have one pronoun", "a line without a second one",
            ])
        #expect(read.skipped.allSatisfy { $0.domain == "gender" } && read.skipped.map(\.row) == [1, 2, 3, 4])
        #expect(read.notes == ["lines whose two sentences differ in more than pronouns, scored as written: 1"])
    }

    @Test("files that are not of the format are refused by name")
    func refused() throws {
        let line = "1 [The cook] saw [him].\n"
        for (files, message) in [
            ([("type1.txt", line)], "the name begins neither with pro_stereotyped_ nor with anti_stereotyped_"),
            ([("pro_stereotyped_a.txt", line)], "belong together, and one is missing"),
            ([("pro_stereotyped_a.txt", line), ("anti_stereotyped_a.txt", "2 [The cook]\n")], "are not those of"),
            ([("pro_stereotyped_a.txt", "The cook\n"), ("anti_stereotyped_a.txt", line)], "not `number sentence`"),
            (
                [("pro_stereotyped_a.txt", line), ("anti_stereotyped_a.txt", line)],
                "no couple of lines (a line without"
            ),
        ] {
            let found = try refusal(WinoBias.self, files)
            #expect(found.contains(message), "\(found)")
        }
        let sentences = "sentid\tsentence\nminer.boy.0.male.txt\tThe miner sat.\n"
        let share = "occupation\tbls_pct_female\nminer\t"
        for (files, message) in [
            ([("a.tsv", sentences)], "1 files have sentences (sentid) and 0 have none"),
            ([("a.tsv", sentences), ("b.tsv", share + "many\n")], "bls_pct_female is `many` for `miner`"),
            ([("a.tsv", sentences), ("b.tsv", share + "5\n")], "no pair (no sentence with a pronoun of men"),
            ([("a.tsv", "sentid\tsentence\nminer.txt\tx\n"), ("b.tsv", share + "5\n")], "sentid is `miner.txt`"),
            (
                [("a.tsv", sentences + "miner.boy.0.male.txt\tThe miner.\n"), ("b.tsv", share + "5\n")],
                "`miner.boy.0.male.txt` stands twice"
            ),
        ] {
            let found = try refusal(Winogender.self, files)
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test("pairs of Winogender: the commoner gender's pronoun first, whom it stands for as label")
    func pairs() throws {
        let read = try winogender(["occupation": "gender"])
        #expect(read.domains == ["participant", "gender"] && read.items.map(\.row) == [0, 3, 6, 9])
        #expect(read.items[1].more == "The miner told the florist that he would dig.")
        #expect(read.items[3].more == "The dancer asked the boy to hold her coat.")
        #expect(read.items[2].clusters == ["occupation": "miner", "template": "miner.0"])
        #expect(read.notes == ["pairs of occupations that more men have: 3, that more women have: 1"])
    }

    @Test("the public files are read", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func publicFiles() throws {
        let data = try #require(publicData)
        let files = ["dev", "test"].flatMap { split in
            ["pro", "anti"].flatMap { side in
                [1, 2].map { "\(data)/winobias/\(side)_stereotyped_type\($0).txt.\(split)" }
            }
        }
        let bias = try #require(try WinoBias.read(files, labels: [:]).first)
        // 396 lines a type and split, two of them a couple; two lines of the last file have one pronoun in both sentences.
        #expect(bias.items.count { $0.domain == "type1" } == 396)
        #expect(bias.items.count { $0.domain == "type2" } == 394)
        #expect(bias.skipped.map(\.row) == [784, 785])
        #expect(bias.notes == ["lines whose two sentences differ in more than pronouns, scored as written: 17"])
        let gender = try Winogender.read(
            ["all_sentences", "occupations-stats"].map { "\(data)/winogender/\($0).tsv" }, labels: [:])
        #expect(gender[0].items.count == 240 && gender[0].skipped.isEmpty)
        #expect(gender[0].items.count { $0.domain == "occupation" } == 120)
        #expect(
            gender[0].notes == ["pairs of occupations that more men have: 116, that more women have: 124"])
    }
}
