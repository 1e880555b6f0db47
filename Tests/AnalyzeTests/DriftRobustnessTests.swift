import Analyze
import Foundation
import LinearAlgebra
import Testing

@Suite("Drift of what is incomplete")
struct DriftRobustnessTests {
    @Test("a reordered vocabulary that grew and shrank is matched by key, and what was added and removed is counted")
    func vocabulary() throws {
        var fixture = DriftFixture(seed: 41)
        fixture.addNoise(0.05, seed: 41)
        fixture.push("race", by: 0.3)
        // After: reversed, without two control words, with three new rows.
        let removed = Set(["control3", "control8"])
        var keys = fixture.rows.map(\.key).reversed().filter { !removed.contains($0) }
        let places = Dictionary(uniqueKeysWithValues: fixture.rows.enumerated().map { ($1.key, $0) })
        var after = fixture.after.gathering(keys.compactMap { places[$0] }).elements
        for i in 0..<3 {
            keys.append("new\(i)")
            after += [Float](repeating: 0.5, count: DriftFixture.width)
        }
        let input = fixture.input
        let matched = DriftInput.matching(
            space: "space", before: input.before, rows: input.rows,
            after: Matrix(rows: keys.count, columns: DriftFixture.width, elements: after), afterKeys: keys,
            words: input.words, domains: input.domains)
        let result = try DriftFixture.analyse(matched)
        let match = try #require(result.vocabulary)
        #expect(match.matched == input.rows.count - 2 && match.added == 3 && match.removed == 2)
        #expect(match.moved > 1_000 && match.examples.contains("removed: control3"))

        // The same as if the two words had never been there.
        let kept = input.rows.indices.filter { !removed.contains(input.rows[$0].key) }
        let plain = DriftInput(
            space: "space", before: input.before.gathering(kept), after: input.after.gathering(kept),
            rows: kept.map { input.rows[$0] },
            words: input.words.map { word in
                var word = word
                word.rows = word.rows.compactMap { kept.firstIndex(of: $0) }
                return word
            }, domains: input.domains)
        let expected = try DriftFixture.analyse(plain)
        DriftInvarianceTests.expectSame(result, expected, 1e-10)
        #expect(result.neighbours == expected.neighbours)
    }

    @Test("a word that is gone after is dropped by name; equal vocabularies have no match to tell of")
    func lostWord() throws {
        let input = DriftFixture(seed: 42).input
        var keys = input.rows.map(\.key)
        let same = DriftInput.matching(
            space: "space", before: input.before, rows: input.rows, after: input.after, afterKeys: keys,
            words: input.words, domains: input.domains)
        #expect(same.vocabulary == nil)
        keys[try #require(input.words.first { $0.word == "race0" }).rows[0]] = "renamed"
        let result = try DriftFixture.analyse(
            DriftInput.matching(
                space: "space", before: input.before, rows: input.rows, after: input.after, afterKeys: keys,
                words: input.words, domains: input.domains))
        #expect(result.dropped.map(\.word) == ["race0"] && result.dropped.map(\.reason) == ["no row"])
        #expect(result.vocabulary?.added == 1 && result.vocabulary?.removed == 1)
        #expect(result.row("race", .displacement)?.wordCount == 9)
    }

    @Test("concepts of no, one and two words: what cannot be said is named, the rest is said")
    func fewWords() throws {
        for count in 0...2 {
            var fixture = DriftFixture(seed: 43)
            fixture.addNoise(0.1, seed: 43)
            let age = fixture.words.filter { $0.domain == "age" }.prefix(count).map(\.word)
            for i in fixture.words.indices where fixture.words[i].domain == "age" {
                if !age.contains(fixture.words[i].word) { fixture.words[i].exposure = .seen }
            }
            let result = try fixture.analyse()
            let named = Set(result.notComputed.map(\.what))
            #expect(named.contains("spread of age of space") == (count < 2))
            #expect(named.contains("comparison of groups of age of space"))
            #expect(result.row("age", .displacement)?.p != nil || count == 0)
            #expect(result.row("race", .displacement)?.p != nil)
            let spread = result.row("age", .spreadChange, commonRemoved: false)
            #expect((spread?.value != nil) == (count > 1) && (spread?.reason != nil) == (count < 2))
            let weat = result.associations.first { $0.domain == "age" }
            #expect(weat == nil || weat?.before == nil && weat?.reason != nil)
            #expect(throws: Never.self) { try JSONEncoder().encode(result) }
        }
    }

    @Test("without forgotten words, pairs, groups or any word at all the other analyses are still made")
    func without() throws {
        var fixture = DriftFixture(seed: 44)
        fixture.addNoise(0.1, seed: 44)
        for i in fixture.rows.indices { fixture.rows[i].exposure = .unexposed }
        for i in fixture.words.indices {
            fixture.words[i].pair = nil
            fixture.words[i].group = "one"
        }
        let bare = try fixture.analyse()
        let named = bare.notComputed.map(\.what)
        for what in [
            "target subspace of space", "association with forgotten words of space",
            "comparison of groups of race of space",
        ] { #expect(named.contains(what), "\(what)") }
        #expect(bare.row("race", .displacement)?.p != nil && bare.wholeSpace.linearCKA != nil)
        #expect(bare.row("race", .attributeDistanceChange, commonRemoved: false)?.reason != nil)
        #expect(bare.row("race", .separationChange, commonRemoved: false)?.p != nil)

        var input = fixture.input
        input.words = []
        let none = try DriftFixture.analyse(input)
        #expect(none.clusters.isEmpty && none.neighbourOverlap != nil && none.map != nil)
        input.before = Matrix(rows: 0, columns: 4)
        (input.after, input.rows) = (input.before, [])
        let empty = try DriftFixture.analyse(input)
        #expect(empty.notComputed.contains { $0.what == "neighbour overlap of space" })
        #expect(throws: Never.self) { try JSONEncoder().encode(empty) }
    }

    @Test("rows that are not finite stay out of the gauge and of every number of the output side")
    func notFinite() throws {
        var fixture = DriftFixture(seed: 45)
        fixture.addNoise(0.05, seed: 45)
        fixture.side = .output
        let expected = try fixture.analyse()
        var input = fixture.input
        for (key, value) in [("zz1", Float.nan), ("zz2", .infinity)] {
            input.before = Matrix(
                rows: input.before.rows + 1, columns: DriftFixture.width,
                elements: input.before.elements + [Float](repeating: value, count: DriftFixture.width))
            input.after = Matrix(
                rows: input.after.rows + 1, columns: DriftFixture.width,
                elements: input.after.elements + [Float](repeating: 1, count: DriftFixture.width))
            input.rows.append(DriftRowInfo(key: key, frequency: 9, exposure: .unexposed))
        }
        let result = try DriftFixture.analyse(input)
        #expect(result.excludedRows.nonFinite == 2 && result.gauge == expected.gauge)
        DriftInvarianceTests.expectSame(result, expected, 1e-10)
    }

    @Test(
        "too few controls within the caliper: the closest stand in and the row says so; exposure is given up for the target alone"
    )
    func relaxed() throws {
        var fixture = DriftFixture(seed: 46, controls: 300)
        fixture.addNoise(0.05, seed: 46)
        // An age word longer and more frequent than any control, and a forget text of gender words and five others.
        let age = try #require(fixture.words.first { $0.word == "age0" }).rows[0]
        for i in 0..<DriftFixture.width {
            fixture.before[age, i] *= 20
            fixture.after[age, i] *= 20
        }
        fixture.rows[age].frequency = 1_000_000
        for i in fixture.words.indices where fixture.words[i].domain == "gender" {
            fixture.words[i].exposure = .seen
            fixture.rows[fixture.words[i].rows[0]].exposure = .seen
        }
        for i in 100..<105 { fixture.rows[i].exposure = .seen }
        let result = try fixture.analyse()
        let long = try #require(result.row("age", .displacement))
        #expect(long.p != nil && long.poolSize == 20)
        #expect(long.matching?.contains("of 10 words have fewer than 20 controls within 20 % in rank") == true)
        #expect(long.matching?.contains("without regard") == false)
        let gender = try #require(result.row("gender", .displacement))
        #expect(gender.p != nil && gender.matching?.contains("without regard to the forget text") == true)
        #expect(!gender.evidence)
        #expect(gender.matching?.contains("number of spellings") == false)
        // Words of a transfer domain are never compared with words of another exposure.
        for i in fixture.rows.indices where fixture.rows[i].isControl { fixture.rows[i].exposure = .seen }
        let none = try #require(try fixture.analyse().row("race", .displacement))
        #expect(none.p == nil && none.reason?.hasPrefix("no controls: 0 eligible") == true)
    }
}
