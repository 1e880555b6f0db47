import Embeddings
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import Statistics
import TestSupport
import Testing

/// WEAT and SEAT against numpy and transformers; `make_reference.py` beside the reference tells what it holds.
@Suite("Tests of association")
struct AssociationParityTests {
    private struct Expected: Decodable {
        let first: [Double]
        let second: [Double]
        let d: Double
        let population: Double
        let p: Double
        let partitions: Int
    }
    private struct Reference: Decodable {
        /// By model and file, then by space; null where the space has no vectors for the test.
        let results: [String: [String: Expected?]]
    }

    private let folder: URL

    init() throws {
        folder = try #require(
            Bundle.module.url(forResource: "association-parity", withExtension: nil, subdirectory: "Fixtures"))
    }

    @Test(
        "every target has the association that transformers gives it, and d and p those of numpy",
        arguments: ["gpt2", "bert"], ["words", "sentences"])
    func parity(family: String, file: String) throws {
        let reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: folder.appendingPathComponent("reference.json")))
        let expected = try #require(reference.results["\(family)/\(file)"])
        let model = folder.appendingPathComponent(family == "bert" ? "bert" : "../crows-parity/model").path
        let checkpoint = try CheckpointFolder.load(model, masked: true)
        let sets = try AssociationSets.read(folder.appendingPathComponent(file + ".jsonl").path)
        let found = try sets.scores(of: checkpoint.model, tokenizer: checkpoint.tokenizer)
        #expect(Set(found.map(\.space)) == Set(expected.keys))
        for scores in found {
            var stream = RandomStream(seed: 1)
            let (first, second) = (scores.first.map(\.value), scores.second.map(\.value))
            let test = AssociationTest(first: first, second: second, stream: &stream)
            guard let numbers = expected[scores.space] ?? nil else {
                #expect(test == nil && scores.leftOut.count > 0)
                continue
            }
            let result = try #require(test)
            let close = compare(
                first + second, numbers.first + numbers.second, absolute: 1e-5, relative: 1e-4,
                name: "\(family), \(file), \(scores.space)")
            #expect(close.isClose, "\(close)")
            let effects = compare(
                [result.effectSize ?? .nan, result.populationEffectSize ?? .nan], [numbers.d, numbers.population],
                absolute: 1e-4, relative: 1e-4, name: "d, \(scores.space)")
            #expect(effects.isClose, "\(effects)")
            #expect(result.isExact && result.partitions == numbers.partitions)
            #expect(abs(result.p - numbers.p) < 1e-12, "\(scores.space): \(result.p), expected \(numbers.p)")
        }
    }

    private func write(_ text: String) throws -> String {
        let path = try temporaryFolder("weat") + "/mine.jsonl"
        try AtomicFile.write(text, to: path)
        return path
    }

    private func file(_ targ1: String, _ targ2: String = #"["c", "d"]"#, _ more: String = "") -> String {
        """
        {"targ1": {"category": "X", "examples": \(targ1)}, "targ2": {"category": "Y", "examples": \(targ2)},
         "attr1": {"category": "A", "examples": ["e"]}, "attr2": {"category": "B", "examples": ["f"]}\(more)}
        """
    }

    @Test("a file's sets are read, a text that stands twice once; what is wrong is refused by name")
    func reading() throws {
        let sets = try AssociationSets.read(write(file(#"["a", "b", "a"]"#)))
        #expect(sets.name == "mine" && sets.targets.first == .init("X", ["a", "b"]) && !sets.holdsSentences)
        #expect(sets.attributes.second == .init("B", ["f"]) && sets.texts == ["a", "b", "c", "d", "e", "f"])
        #expect(sets.notes == ["texts that stand twice in a set, counted once: 1"])
        #expect(try AssociationSets.read(write(file(#"["a", "It is so."]"#))).holdsSentences)
        for (text, message) in [
            (file(#"["a"]"#), "targ1.examples: 1 texts"), (file(#"["a", " "]"#), "targ1.examples[1]: an empty text"),
            (file(#"["a", "c"]"#), "`c` stands in targ1 and in targ2"), (file(#"["a", 1]"#), "targ1.examples[1] is"),
            (file(#"["a", "b"]"#, #"["c", "d"]"#, #", "attr3": 1"#), "attr3"),
            (#"{"targ1": {"category": "X", "examples": ["a", "b"]}}"#, "the key targ2 is missing"),
        ] {
            let error = #expect(throws: InputError.self) { try AssociationSets.read(write(text)) }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test(
        "the public files are read, and all words and sentences of theirs",
        .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func publicFiles() throws {
        let folder = try #require(publicData) + "/seat"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.count == 50)
        for name in names {
            let sets = try AssociationSets.read(folder + "/" + name)
            // They are equally large, as the test's authors ask for.
            #expect(sets.targets.first.examples.count == sets.targets.second.examples.count && sets.notes.isEmpty)
            if name.hasPrefix("sent-") { #expect(sets.holdsSentences, "\(name)") }
        }
        #expect(try AssociationSets.read(folder + "/sent-weat6.jsonl").targets.first.examples.count == 64)
    }
}
