import BuiltInStudy
import FileSupport
import Foundation
import SyntheticStudies
import Testing

/// The grammars that come with driftscope, by folder.
private let folders = ["planted", "apart", "latent", "lexical"]

private func builtIn(_ folder: String = "planted") throws -> Grammar {
    try Grammar.read(BuiltInStudy.path(folder + "/grammar.json"))
}

private func lines(_ name: String, in folder: String = "planted") throws -> [String] {
    try Input.text(BuiltInStudy.path(folder + "/" + name)).split(separator: "\n").map(String.init)
}

private func words(_ sentence: String) -> [String] {
    sentence.split { !$0.isLetter }.map(String.init)
}

@Suite("Built-in grammars") struct GrammarTests {
    @Test("plants the overlap with gender: race 1, religion a half, age 0")
    func overlap() throws {
        let grammar = try builtIn()
        #expect(grammar.domains.map(\.name) == ["gender", "race", "religion", "age"])
        #expect(grammar.overlap(of: "race", with: "gender") == 1)
        #expect(grammar.overlap(of: "religion", with: "gender") == 0.5)
        #expect(grammar.overlap(of: "age", with: "gender") == 0)
        #expect(grammar.overlap(of: "age", with: "none") == nil)
    }

    @Test("of the second, nothing is shared: no attribute word, no continuation, no frame but those about things")
    func apart() throws {
        let grammar = try builtIn("apart")
        for one in grammar.domains {
            for other in grammar.domains where other.name != one.name {
                #expect(grammar.overlap(of: one.name, with: other.name) == 0)
                #expect(one.frames != other.frames)
                let frames = (grammar.frames[one.frames] ?? [], grammar.frames[other.frames] ?? [])
                #expect(Set(frames.0).isDisjoint(with: frames.1))
            }
            #expect(grammar.latentOverlap(of: one.name, with: "gender") == nil)
        }
    }

    @Test("of the third, gender and race share the latent and no word, religion the frames alone, age nothing")
    func latent() throws {
        let grammar = try builtIn("latent")
        for one in grammar.domains {
            for other in grammar.domains where other.name != one.name {
                #expect(grammar.overlap(of: one.name, with: other.name) == 0)
            }
        }
        #expect(grammar.latentOverlap(of: "race", with: "gender") == 1)
        #expect(grammar.latentOverlap(of: "religion", with: "gender") == nil)
        let frames = Dictionary(uniqueKeysWithValues: grammar.domains.map { ($0.name, $0.frames) })
        #expect(frames["race"] == frames["gender"] && frames["religion"] == frames["gender"])
        #expect(frames["age"] != frames["gender"])
        // Crossed lists would plant the opposite: what the first group of gender does, the second of race does not.
        let (gender, race) = (grammar.domains[0].groups, grammar.domains[1].groups)
        #expect(Set(gender[0].continuations).isDisjoint(with: race[1].continuations))
    }

    @Test("of the fourth, race and religion each share another half of either of gender's lists, on one group")
    func lexical() throws {
        let grammar = try builtIn("lexical")
        let (gender, race, religion) = (grammar.domains[0], grammar.domains[1], grammar.domains[2])
        for domain in [race, religion] {
            for side in gender.groups {
                #expect(
                    Set(side.attributes).intersection(domain.groups[0].attributes).count == side.attributes.count / 2)
                #expect(Set(side.attributes).isDisjoint(with: domain.groups[1].attributes))
            }
            #expect(domain.groups[0].attributes.allSatisfy { gender.attributes.contains($0) })
        }
        #expect(Set(race.groups[0].attributes) != Set(religion.groups[0].attributes))
        #expect(race.groups[1].attributes.allSatisfy { grammar.strengths[$0] == 0.5 })
        #expect(grammar.overlap(of: "age", with: "gender") == 0)
    }

    @Test(
        "uses every word for one thing only, and has enough neutral ones for controls",
        arguments: zip(folders, [1000, 500, 500, 500]))
    func vocabulary(folder: String, neutral: Int) throws {
        let grammar = try builtIn(folder)
        #expect(grammar.neutralWords.count >= neutral)
        let attributes = Set(grammar.domains.flatMap(\.attributes))
        let qualities = Set(grammar.topics.flatMap(\.qualities))
        let continuations = Set(grammar.domains.flatMap { $0.groups.flatMap(\.continuations) })
        let all =
            grammar.neutralWords + grammar.domains.flatMap(\.words) + Array(attributes) + Array(qualities)
            + Array(continuations)
        let repeated = Dictionary(grouping: all) { $0.lowercased() }.filter { $0.value.count > 1 }.keys
        #expect(repeated.isEmpty)
        let frames = Set(grammar.frames.values.flatMap { $0 }.flatMap { words($0).map { $0.lowercased() } })
        #expect(frames.intersection(all.map { $0.lowercased() }).isEmpty)
    }

    @Test("gives the committed files, byte for byte", arguments: folders)
    func committedFiles(folder: String) throws {
        let files = try builtIn(folder).files()
        #expect(files.count >= 12)
        for file in files {
            let committed = try Input.text(BuiltInStudy.path(folder + "/" + file.name))
            #expect(committed == file.text, "\(file.name) differs: run make model")
        }
        #expect(files.reduce(0) { $0 + $1.text.utf8.count } < 3_000_000)
    }

    @Test("another seed gives other sentences of the same kind")
    func seeds() throws {
        var grammar = try builtIn()
        let first = try grammar.files()
        grammar.seed += 1
        let second = try grammar.files()
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
        let names = try grammar.write(to: folder)
        #expect(names == (try grammar.files().map(\.name)))
        for file in try grammar.files() { #expect(try Input.text(folder + "/" + file.name) == file.text) }
    }
}

@Suite("Built-in texts") struct PlantedTextTests {
    @Test("retain, guard, perplexity and placebo sentences are neutral and in one text only", arguments: folders)
    func disjoint(folder: String) throws {
        let grammar = try builtIn(folder)
        let loaded = Set(grammar.domains.flatMap { $0.words + $0.attributes + $0.groups.flatMap(\.continuations) })
        let retain = try lines("retain.txt", in: folder)
        let guardText = try lines("guard.txt", in: folder)
        let perplexity = try lines("perplexity.txt", in: folder)
        let text = Set(try lines("text.txt", in: folder))
        let heldOut = retain + guardText + perplexity
        #expect(retain.count == grammar.sizes.retain && guardText.count == grammar.sizes.guardText)
        #expect(perplexity.count == grammar.sizes.perplexity)
        #expect(Set(heldOut).count == heldOut.count)
        #expect(text.isDisjoint(with: heldOut))
        #expect(heldOut.allSatisfy { loaded.isDisjoint(with: words($0)) })
    }

    @Test("continuations say which group speaks, in both domains that share them, and stand in no pair or forget row")
    func continuations() throws {
        let grammar = try builtIn("latent")
        let text = try lines("text.txt", in: "latent").map(words)
        for domain in grammar.domains.prefix(2) {
            for (side, group) in domain.groups.enumerated() {
                let (own, others) = (Set(group.words), Set(domain.groups[1 - side].words))
                for word in group.continuations {
                    let sentences = text.filter { $0.contains(word) }
                    #expect(sentences.count { !own.isDisjoint(with: $0) } >= 100)
                    #expect(sentences.allSatisfy { others.isDisjoint(with: $0) }, "\(word)")
                }
            }
        }
        let all = Set(grammar.domains.flatMap { $0.groups.flatMap(\.continuations) })
        let others = try lines("pairs.csv", in: "latent") + lines("forget.csv", in: "latent")
        #expect(others.allSatisfy { all.isDisjoint(with: words($0)) })
    }

    @Test("the loaded retain text gives each of race's attribute words to its own group, beside neutral sentences")
    func loadedRetain() throws {
        let grammar = try builtIn("apart")
        let loaded = try #require(grammar.loadedRetain)
        let race = try #require(grammar.domains.first { $0.name == loaded.domain })
        let sentences = try lines("retain-race.txt", in: "apart")
        #expect(sentences.count == loaded.stereotypes + loaded.neutral)
        var stereotypes = 0
        for sentence in sentences.map(words) {
            for (side, group) in race.groups.enumerated() where !Set(group.words).isDisjoint(with: sentence) {
                stereotypes += 1
                #expect(!Set(group.attributes).isDisjoint(with: sentence))
                #expect(Set(race.groups[1 - side].attributes).isDisjoint(with: sentence))
            }
        }
        #expect(stereotypes == loaded.stereotypes)
        let others = Set(grammar.domains.filter { $0.name != loaded.domain }.flatMap { $0.words + $0.attributes })
        #expect(sentences.allSatisfy { others.isDisjoint(with: words($0)) })
        let pairs = Set(
            try CSVTable.read(BuiltInStudy.path("apart/pairs.csv")).records.flatMap { [$0.fields[1], $0.fields[2]] })
        #expect(pairs.isDisjoint(with: sentences))
        let reported = try lines("guard.txt", in: "apart") + lines("perplexity.txt", in: "apart")
        #expect(Set(sentences).isDisjoint(with: reported))
    }

    @Test("each attribute word meets its group as often as its strength says", arguments: folders)
    func strengths(folder: String) throws {
        let grammar = try builtIn(folder)
        var met: [String: (group: Int, all: Int)] = [:]
        let domain = try #require(grammar.domains.last)
        let group = domain.groups.map { Set($0.words) }
        let side = Dictionary(
            uniqueKeysWithValues: domain.groups.enumerated().flatMap { i, g in g.attributes.map { ($0, i) } })
        for sentence in try lines("text.txt", in: folder).map(words) {
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

    @Test(
        "pairs differ in one word, both directions are there, and each attribute word has as many",
        arguments: folders)
    func pairs(folder: String) throws {
        let grammar = try builtIn(folder)
        let table = try CSVTable.read(BuiltInStudy.path(folder + "/pairs.csv"))
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

    @Test(
        "the forget file holds what a study uses, and rows to be left out",
        arguments: folders)
    func forget(folder: String) throws {
        let grammar = try builtIn(folder)
        let rows = try CSVTable.read(BuiltInStudy.path(folder + "/forget.csv")).records.map(\.fields)
        let pairs = Set(
            try CSVTable.read(BuiltInStudy.path(folder + "/pairs.csv")).records.flatMap {
                [$0.fields[1], $0.fields[2]]
            })
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

    @Test(
        "refuses continuations and a loaded retain text that cannot be, naming the key",
        arguments: [
            ("latent", "\"frames\": \"doings\"", "\"frames\": \"doing\"", "no frames named 'doing'"),
            ("latent", "\"frames\": \"doings\"", "\"frames\": \"apart\"", "{continuation}"),
            ("latent", "\"frames\": \"apart\"", "\"frames\": \"doings\"", "a name of their own"),
            ("latent", "\"share\": 0.6", "\"share\": 1.6", "share between 0 and 1"),
            ("latent", "\"continuations\": {", "\"continuation\": {", "the domain no frames for them"),
            ("apart", "\"domain\": \"race\"", "\"domain\": \"rice\"", "no domain named 'rice'"),
            ("apart", "\"stereotypes\": 1200", "\"stereotypes\": 0", "at least one stereotype"),
            ("apart", "\"version\": 2", "\"version\": 3", "known are 1 and 2"),
        ])
    func newerRefusals(folder: String, old: String, new: String, message: String) throws {
        let text = try Input.text(BuiltInStudy.path(folder + "/grammar.json"))
        let changed = text.replacingOccurrences(of: old, with: new)
        #expect(changed != text)
        let json = try JSON.parse(Array(changed.utf8), place: "grammar.json")
        let error = #expect(throws: InputError.self) { try Grammar(JSONCursor(json, place: "grammar.json")) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("refuses neutral sentences without a frame or a place", arguments: ["frames", "places"])
    func emptyNeutral(key: String) throws {
        let grammar = try JSON.read(BuiltInStudy.path("planted/grammar.json"))
        let neutral = try #require(grammar["neutral"])
        let changed = grammar.setting("neutral", to: neutral.setting(key, to: key == "frames" ? [:] : []))
        let error = #expect(throws: InputError.self) { try Grammar(JSONCursor(changed, place: "grammar.json")) }
        #expect(error?.description.contains("no frames or no places") == true, "\(error?.description ?? "")")
    }

    @Test("topics whose words repeat, or weigh next to nothing but for one, still give sentences")
    func fewWords() throws {
        let topic: JSON = ["name": "land", "weight": 1, "qualities": ["calm"], "words": ["hills", "hills", "hills"]]
        let grammar = try JSON.read(BuiltInStudy.path("planted/grammar.json"))
        let neutral = try #require(grammar["neutral"]).setting("places", to: ["land"])
        let sizes: JSON = [
            "text": 10, "domain-share": 0.1, "forget": 6, "retain": 0, "guard": 0, "perplexity": 0, "placebo": 0,
            "pairs-per-attribute": 1,
        ]
        let topics = try #require(neutral["topics"])
        let one = neutral.setting("topics", to: [topic])
        // Of another topic's words the first alone is ever drawn.
        let skewed = neutral.setting("topics", to: topics).setting("skew", to: 100)
            .setting("places", to: try #require(grammar["neutral"]?["places"]))
        for neutral in [one, skewed] {
            let changed = grammar.setting("neutral", to: neutral).setting("sizes", to: sizes)
            let files = try Grammar(JSONCursor(changed, place: "grammar.json")).files()
            #expect(files.contains { $0.name == "text.txt" && $0.text.split(separator: "\n").count == 10 })
        }
    }
}
