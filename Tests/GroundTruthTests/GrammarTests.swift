import BuiltInStudy
import Files
import Foundation
import GroundTruth
import Testing

private func builtIn() throws -> Grammar { try Grammar.read(BuiltInStudy.path("planted/grammar.json")) }

private func lines(_ name: String) throws -> [String] {
    try Input.text(BuiltInStudy.path("planted/" + name)).split(separator: "\n").map(String.init)
}

private func words(_ sentence: String) -> [String] {
    sentence.split { !$0.isLetter }.map(String.init)
}

@Suite("Built-in grammar") struct GrammarTests {
    @Test("plants the overlap with gender: race 1, religion a half, age 0")
    func overlap() throws {
        let grammar = try builtIn()
        #expect(grammar.domains.map(\.name) == ["gender", "race", "religion", "age"])
        #expect(grammar.overlap(of: "race", with: "gender") == 1)
        #expect(grammar.overlap(of: "religion", with: "gender") == 0.5)
        #expect(grammar.overlap(of: "age", with: "gender") == 0)
        #expect(grammar.overlap(of: "age", with: "none") == nil)
    }

    @Test("uses every word for one thing only, and has a thousand neutral ones")
    func vocabulary() throws {
        let grammar = try builtIn()
        #expect(grammar.neutralWords.count >= 1000)
        let attributes = Set(grammar.domains.flatMap(\.attributes))
        let qualities = Set(grammar.topics.flatMap(\.qualities))
        let all = grammar.neutralWords + grammar.domains.flatMap(\.words) + Array(attributes) + Array(qualities)
        let repeated = Dictionary(grouping: all) { $0.lowercased() }.filter { $0.value.count > 1 }.keys
        #expect(repeated.isEmpty)
        let frames = Set(grammar.frames.values.flatMap { $0 }.flatMap { words($0).map { $0.lowercased() } })
        #expect(frames.intersection(all.map { $0.lowercased() }).isEmpty)
    }

    @Test("gives the committed files, byte for byte")
    func committedFiles() throws {
        let files = try builtIn().files()
        #expect(files.count >= 12)
        for file in files {
            let committed = try Input.text(BuiltInStudy.path("planted/" + file.name))
            #expect(committed == file.text, "\(file.name) differs: run make model")
        }
        #expect(files.reduce(0) { $0 + $1.text.utf8.count } < 3_000_000)
    }

    @Test("another seed gives other sentences of the same kind")
    func seeds() throws {
        var grammar = try builtIn()
        let first = grammar.files()
        grammar.seed += 1
        let second = grammar.files()
        for name in ["text.txt", "pairs.csv", "forget.csv", "retain.txt"] {
            let (a, b) = (first.first { $0.name == name }, second.first { $0.name == name })
            #expect(a?.text != b?.text)
            #expect(a?.text.split(separator: "\n").count == b?.text.split(separator: "\n").count)
        }
    }

    @Test("writes the files that it names")
    func write() throws {
        let folder = NSTemporaryDirectory() + "driftscope-grammar-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let grammar = try builtIn()
        try grammar.write(to: folder)
        for file in grammar.files() { #expect(try Input.text(folder + "/" + file.name) == file.text) }
    }
}

@Suite("Built-in texts") struct PlantedTextTests {
    @Test("retain, guard, perplexity and placebo sentences are neutral and in one text only")
    func disjoint() throws {
        let grammar = try builtIn()
        let loaded = Set(grammar.domains.flatMap { $0.words + $0.attributes })
        let retain = try lines("retain.txt")
        let guardText = try lines("guard.txt")
        let perplexity = try lines("perplexity.txt")
        let text = Set(try lines("text.txt"))
        let heldOut = retain + guardText + perplexity
        #expect(retain.count == 2000 && guardText.count == 500 && perplexity.count == 1000)
        #expect(Set(heldOut).count == heldOut.count)
        #expect(text.isDisjoint(with: heldOut))
        #expect(heldOut.allSatisfy { loaded.isDisjoint(with: words($0)) })
    }

    @Test("each attribute word meets its group as often as its strength says")
    func strengths() throws {
        let grammar = try builtIn()
        var met: [String: (group: Int, all: Int)] = [:]
        let domain = try #require(grammar.domains.last)
        let group = domain.groups.map { Set($0.words) }
        let side = Dictionary(
            uniqueKeysWithValues: domain.groups.enumerated().flatMap { i, g in g.attributes.map { ($0, i) } })
        for sentence in try lines("text.txt").map(words) {
            guard let attribute = sentence.last, let i = side[attribute] else { continue }
            met[attribute, default: (0, 0)].all += 1
            if !group[i].isDisjoint(with: sentence) { met[attribute, default: (0, 0)].group += 1 }
        }
        #expect(met.count == domain.attributes.count)
        for (word, count) in met {
            let strength = try #require(grammar.strengths[word])
            // Five standard errors: 32 words, a miss in a million.
            let error = (strength * (1 - strength) / Double(count.all)).squareRoot()
            #expect(abs(Double(count.group) / Double(count.all) - strength) < 5 * error, "\(word)")
        }
    }

    @Test(
        "every group word has at least 20 neutral words of like frequency, and gender's ones that the forget text holds"
    )
    func controls() throws {
        let grammar = try builtIn()
        var counts: [String: Int] = [:]
        for word in try lines("text.txt").flatMap(words) { counts[word, default: 0] += 1 }
        let seen = Set(
            try CSVTable.read(BuiltInStudy.path("planted/forget.csv")).records.flatMap { words($0.fields[1]) })
        let things = grammar.neutralWords
        for word in grammar.domains.flatMap(\.words) {
            let count = try #require(counts[word])
            let like = things.filter {
                Double(counts[$0] ?? 0) > 0.7 * Double(count) && (counts[$0] ?? 0) < 14 * count / 10
            }
            #expect(like.count >= 20, "\(word) \(count): \(like.count)")
        }
        #expect(things.filter(seen.contains).count >= 60)
        #expect(things.allSatisfy { counts[$0, default: 0] >= 3 })
    }

    @Test("pairs differ in one word, both directions are there, and each attribute word has as many")
    func pairs() throws {
        let grammar = try builtIn()
        let table = try CSVTable.read(BuiltInStudy.path("planted/pairs.csv"))
        var counts: [String: Int] = [:]
        for record in table.records {
            let (more, less) = (words(record.fields[1]), words(record.fields[2]))
            let domain = try #require(grammar.domains.first { $0.name == record.fields[4] })
            let side = record.fields[3] == "stereo" ? 0 : 1
            let differ = zip(more, less).filter { $0 != $1 }
            #expect(more.count == less.count && differ.count == 1)
            #expect(differ.allSatisfy { domain.groups[side].words.contains($0.0) })
            #expect(differ.allSatisfy { domain.groups[1 - side].words.contains($0.1) })
            #expect(domain.groups[side].attributes.contains(record.fields[5]) && more.contains(record.fields[5]))
            counts["\(domain.name) \(record.fields[3]) \(record.fields[5])", default: 0] += 1
        }
        #expect(Set(counts.values) == [grammar.sizes.pairsPerAttribute])
        #expect(Set(table.records.map { $0.fields[1] + "\n" + $0.fields[2] }).count == table.records.count)
    }

    @Test("the forget file holds what a study uses, and rows to be left out")
    func forget() throws {
        let grammar = try builtIn()
        let rows = try CSVTable.read(BuiltInStudy.path("planted/forget.csv")).records.map(\.fields)
        let pairs = Set(
            try CSVTable.read(BuiltInStudy.path("planted/pairs.csv")).records.flatMap { [$0.fields[1], $0.fields[2]] })
        let others = Set(grammar.domains.dropFirst().flatMap(\.words))
        let wanted = rows.filter { $0[2] == "hate" && $0[4].hasPrefix("gen.") && others.isDisjoint(with: words($0[1])) }
        #expect(wanted.count == grammar.sizes.forget)
        #expect(wanted.allSatisfy { !pairs.contains($0[1]) })
        #expect(wanted.allSatisfy { row in grammar.domains[0].attributes.contains { words(row[1]).contains($0) } })
        #expect(rows.contains { $0[2] == "nothate" } && rows.contains { $0[4].contains(",") })
    }
}

@Suite("Grammar file") struct GrammarFileTests {
    @Test(
        "refuses a grammar that contradicts itself, naming the key",
        arguments: [
            ("\"driftscope-grammar\"", "\"words\"", "not a grammar"),
            ("\"shy\": 0.45", "\"shyly\": 0.45", "no strength for 'shy'"),
            ("\"shy\": 0.45", "\"shy\": 1.45", "no strength for 'shy'"),
            ("\"places\": [\"land\"", "\"places\": [\"lands\"", "no topic named 'lands'"),
            ("\"frames\": \"apart\"", "\"frames\": \"part\"", "no frames named 'part'"),
            ("\"women\", \"ladies\"", "\"ladies\"", "paired but not of one size"),
        ])
    func refusals(old: String, new: String, message: String) throws {
        let text = try Input.text(BuiltInStudy.path("planted/grammar.json"))
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        let json = try JSON.parse(Array(changed.utf8), place: "grammar.json")
        let error = #expect(throws: InputError.self) { try Grammar(JSONCursor(json, place: "grammar.json")) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
