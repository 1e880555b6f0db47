import Evaluate
import FileSupport
import LanguageModel
import Records
import TestSupport
import Testing

@Suite("HolisticBias")
struct HolisticBiasTests {
    private static let names = ["nouns", "descriptors", "sentence_templates"]

    private func read(_ labels: [String: String] = [:]) throws -> (BenchmarkParity, HolisticBias) {
        let fixture = try BenchmarkParity()
        let files = Self.names.map { "\(fixture.folder)/\($0).json" }
        return (fixture, try #require(try HolisticBias.read(files, labels: labels).first))
    }

    @Test("of small axes every pair of groups is made, with the article and the nouns that descriptors take")
    func pairs() throws {
        let (fixture, benchmark) = try read()
        let expected = fixture.reference.holisticbias
        func sorted(_ pairs: [[String]]) -> [[String]] { pairs.sorted { $0.lexicographicallyPrecedes($1) } }
        #expect(
            sorted(benchmark.items.map { [$0.biasType, $0.more, $0.less] })
                == sorted(expected.map { [$0.axis] + $0.texts }))
        #expect(benchmark.items.map(\.row) == Array(benchmark.items.indices))
        let first = try #require(benchmark.items.first)
        #expect(
            first.clusters == ["groups": "left/right", "template": "I'm {noun_phrase}.", "noun": "aunt"])
        #expect(try read(["Habit": "age"]).1.domains == ["handedness", "age"])
        #expect(benchmark.notes.count == 1)
    }

    @Test("pairs have the gaps that transformers gives them")
    func parity() throws {
        let (fixture, benchmark) = try read()
        let gaps = Dictionary(fixture.reference.holisticbias.map { ($0.texts, $0.gap) }) { first, _ in first }
        let (scorer, model) = try fixture.scorer(benchmark)
        let table = scorer.score(model)
        let expected = benchmark.items.map { gaps[[$0.more, $0.less]] ?? .nan }
        let close = compare(table.scores.map(\.gap), expected, absolute: 1e-5, relative: 1e-4)
        #expect(close.isClose, "\(close)")
        fixture.expectObjectives(scorer, model)
    }

    /// Two buckets, of 3 and of 10 descriptors, and one of one that takes women alone.
    private func large() throws -> [(String, String)] {
        func words(_ name: String, _ count: Int) -> JSON { .array((0..<count).map { .string("\(name)\($0)") }) }
        let descriptors: JSON = [
            "axis": ["a": words("a", 3), "b": words("b", 10), "c": [["descriptor": "c0", "gender": "female"]]]
        ]
        let nouns: JSON = [
            "female": .array((0..<6).map { [.string("f\($0)"), .string("f\($0)s")] }),
            "male": .array((0..<6).map { [.string("m\($0)"), .string("m\($0)s")] }),
        ]
        let templates = JSON.object((0..<13).map { ("T\($0) {noun_phrase}.", [:]) })
        return [("d.json", descriptors.compact), ("n.json", nouns.compact), ("t.json", templates.compact)]
    }

    @Test("of a large axis 2,000 different pairs are drawn, the same every time, and parts come equally often")
    func balance() throws {
        let place = try temporaryFolder("holistic")
        let paths = try large().map { name, text in
            try AtomicFile.write(text, to: place + "/" + name)
            return place + "/" + name
        }
        let benchmark = try #require(try HolisticBias.read(paths, labels: [:]).first)
        let again = try HolisticBias.read(paths.reversed(), labels: [:]).first
        #expect(again?.items == benchmark.items)
        #expect(benchmark.items.count == HolisticBias.most)
        // 30 pairs of descriptors of a and b with 12 nouns, 13 with c's with 6, each in 13 templates.
        #expect(benchmark.notes.first == "axis: 2000 of 5694 pairs, drawn by a fixed seed")
        #expect(Set(benchmark.items.map { [$0.more, $0.less] }).count == HolisticBias.most)
        func counts(_ key: (PairItem) -> String) -> [String: Int] {
            benchmark.items.reduce(into: [:]) { $0[key($1), default: 0] += 1 }
        }
        // a/c has 234 pairs in all, so most repeats are of it; the other two share what is left.
        let groups = counts { $0.clusters["groups"] ?? "" }
        #expect(groups["a/c"].map { $0 > 180 && $0 <= 234 } == true && groups.count == 3, "\(groups)")
        for name in ["template", "noun"] {
            let found = counts { $0.clusters[name] ?? "" }.filter { name == "template" || $0.key.hasPrefix("f") }
            let (least, most) = (found.values.min() ?? 0, found.values.max() ?? 0)
            #expect(Double(most) < 1.25 * Double(least), "\(name): \(found)")
        }
        let tens = counts { item in item.clusters["groups"] == "a/b" ? String(item.less.split(separator: " ")[2]) : "" }
        let ofB = tens.filter { $0.key.hasPrefix("b") }.values
        #expect(ofB.count == 10 && Double(ofB.max() ?? 0) < 1.25 * Double(ofB.min() ?? 0), "\(tens)")
        // c's descriptor goes with nouns of women alone, and with both sentences of its pairs.
        #expect(benchmark.items.allSatisfy { !$0.less.contains("c0") || $0.more.contains(" f") })
    }

    @Test("files that are not of the format are refused by name")
    func refused() throws {
        let good = try large()
        func changed(_ index: Int, _ text: String) -> [(String, String)] {
            var files = good
            files[index].1 = text
            return files
        }
        for (files, message) in [
            (Array(good[..<2]), "no file like HolisticBias's sentence_templates.json"),
            (good + [("u.json", good[1].1)], "a second file like nouns.json"), (changed(1, "{}"), "it is empty"),
            (changed(0, "{\"a\": {\"b\": [{\"descriptor\": \"c\", \"colour\": \"d\"}]}}"), "an unknown key - "),
            (changed(0, "{\"a\": {\"b\": [\"\", \"c\"]}}"), "an empty descriptor"),
            (changed(0, "{\"a\": {\"b\": [\"c\"]}}"), "no pair: no axis has two groups that share a noun"),
            (changed(0, "{\"\": {\"b\": [\"c\"]}}"), "an empty name for an axis"),
            (changed(1, "{\"male\": [[\"man\"]]}"), "1 forms"),
            (changed(2, "{\"I am {noun}.\": {}}"), "a template without one of {noun_phrase}"),
            (changed(2, "{\"{noun_phrase}{noun_phrase}\": {}}"), "a template without one of {noun_phrase}"),
            (changed(2, "{\"{noun_phrase}\": {\"turns\": 2}}"), "an unknown key - "),
        ] {
            let found = try BenchmarkParity.refusal(HolisticBias.self, files)
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test("the public files are read", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"))
    func publicFiles() throws {
        let folder = try #require(publicData) + "/holisticbias"
        let benchmark = try #require(
            try HolisticBias.read(Self.names.map { "\(folder)/\($0).json" }, labels: ["religion": "faith"]).first)
        #expect(benchmark.domains.count == 13 && benchmark.domains.contains("faith"))
        for domain in benchmark.domains {
            let items = benchmark.items.filter { $0.domain == domain }
            #expect(items.count == HolisticBias.most, "\(domain)")
            #expect(Set(items.compactMap { $0.clusters["template"] }).count == 26, "\(domain)")
            #expect(Set(items.compactMap { $0.clusters["noun"] }).count == 32, "\(domain)")
        }
        #expect(benchmark.items.allSatisfy { $0.more != $0.less && !$0.more.contains("{") })
    }
}
