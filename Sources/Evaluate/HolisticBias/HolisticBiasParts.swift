import FileSupport
import LinearAlgebra

/// What the files of HolisticBias hold.
struct HolisticBiasParts {
    /// A descriptor of people.
    struct Descriptor {
        let text: String
        let article: String
        /// The only gender whose nouns it takes; nil for all.
        let gender: String?
    }

    /// Descriptors that name about the same.
    struct Group {
        let name: String
        let descriptors: [Descriptor]
    }

    struct Axis {
        let name: String
        let groups: [Group]
    }

    struct Noun {
        let singular: String
        let plural: String
        let gender: String
    }

    /// A sentence with a place for a descriptor and a noun.
    struct Template {
        static let places = ["{noun_phrase}", "{plural_noun_phrase}"]
        let text: String

        func sentence(_ descriptor: Descriptor, _ noun: Noun) -> String {
            text.replacing(Self.places[0], with: "\(descriptor.article) \(descriptor.text) \(noun.singular)")
                .replacing(Self.places[1], with: "\(descriptor.text) \(noun.plural)")
        }
    }

    /// Places of the parts of a pair.
    struct Pair: Hashable {
        let groups: (Int, Int)
        let descriptors: (Int, Int)
        let noun: Int
        let template: Int

        private var all: [Int] { [groups.0, groups.1, descriptors.0, descriptors.1, noun, template] }
        static func == (one: Pair, other: Pair) -> Bool { one.all == other.all }
        func hash(into hasher: inout Hasher) { hasher.combine(all) }
    }

    private(set) var axes: [Axis] = []
    private(set) var nouns: [Noun] = []
    private(set) var templates: [Template] = []

    /// Pairs of an axis: all of them where they are no more than `most`, else as many dealt by a fixed seed; and how many there are.
    func choose(_ axis: Axis, most: Int) -> (pairs: [Pair], all: Int) {
        let groupPairs = axis.groups.indices.flatMap { a in axis.groups.indices.dropFirst(a + 1).map { (a, $0) } }
        // Descriptors of each group that take nouns of a gender.
        let taking = Set(nouns.map(\.gender)).map { gender in
            (
                nouns: nouns.count { $0.gender == gender },
                descriptors: axis.groups.map { $0.descriptors.count { $0.gender == nil || $0.gender == gender } }
            )
        }
        let all = groupPairs.reduce(0) { sum, pair in
            sum + taking.reduce(0) { $0 + $1.nouns * $1.descriptors[pair.0] * $1.descriptors[pair.1] } * templates.count
        }
        if all <= most { return (everyPair(axis, groupPairs), all) }
        var stream = RandomStream(seed: 0, label: "holisticbias/\(axis.name)")
        var (pairDeck, nounDeck) = (Deck(groupPairs.indices), Deck(nouns.indices))
        var templateDeck = Deck(templates.indices)
        var descriptorDecks = axis.groups.map { Deck($0.descriptors.indices) }
        var (seen, chosen): (Set<Pair>, [Pair]) = ([], [])
        // Dealing can give a pair twice, or two descriptors without a common noun; where that happens to most, fewer are taken.
        for _ in 0..<20 * most where chosen.count < most {
            let groups = groupPairs[pairDeck.deal(&stream) { _ in true } ?? 0]
            let one = descriptorDecks[groups.0].deal(&stream) { _ in true } ?? 0
            let other = descriptorDecks[groups.1].deal(&stream) { _ in true } ?? 0
            let fitting = Set(
                shared(axis.groups[groups.0].descriptors[one], axis.groups[groups.1].descriptors[other]))
            guard let noun = nounDeck.deal(&stream, where: fitting.contains) else { continue }
            let pair = Pair(
                groups: groups, descriptors: (one, other), noun: noun,
                template: templateDeck.deal(&stream) { _ in true } ?? 0)
            if seen.insert(pair).inserted { chosen.append(pair) }
        }
        return (chosen, all)
    }

    private func everyPair(_ axis: Axis, _ groupPairs: [(Int, Int)]) -> [Pair] {
        groupPairs.flatMap { groups in
            axis.groups[groups.0].descriptors.indices.flatMap { one in
                axis.groups[groups.1].descriptors.indices.flatMap { other in
                    shared(axis.groups[groups.0].descriptors[one], axis.groups[groups.1].descriptors[other]).flatMap {
                        noun in
                        templates.indices.map {
                            Pair(groups: groups, descriptors: (one, other), noun: noun, template: $0)
                        }
                    }
                }
            }
        }
    }

    /// Nouns that both descriptors take.
    private func shared(_ one: Descriptor, _ other: Descriptor) -> [Int] {
        nouns.indices.filter { noun in
            [one.gender, other.gender].allSatisfy { $0 == nil || $0 == nouns[noun].gender }
        }
    }
}

/// Indices that are dealt in random order, all of them before one comes again.
private struct Deck {
    private let all: Range<Int>
    private var rest: [Int] = []

    init(_ all: Range<Int>) { self.all = all }

    /// The next one that fits; nil where none of all fits.
    mutating func deal(_ stream: inout RandomStream, where fits: (Int) -> Bool) -> Int? {
        if let place = rest.lastIndex(where: fits) { return rest.remove(at: place) }
        guard all.contains(where: fits) else { return nil }
        // What did not fit stays on top, to be dealt first; never more than a deck of it.
        rest = stream.shuffled(Array(all)) + rest.suffix(all.count)
        return rest.lastIndex(where: fits).map { rest.remove(at: $0) }
    }
}

extension HolisticBiasParts {
    /// Reads the files.
    ///
    /// - Throws: ``InputError``; see ``HolisticBias/read(_:labels:)``.
    init(_ files: [String]) throws {
        var places: [String: String] = [:]
        for file in files {
            let root = try JSONCursor.read(file)
            guard let first = try root.members().first else {
                throw root.error("it is empty", remedy: "give the published file")
            }
            let kind: String
            if first.key.contains("{") {
                kind = "sentence_templates.json"
                templates = try root.members().map(Self.template)
            } else if case .array = first.value.value {
                kind = "nouns.json"
                nouns = try root.members().flatMap(Self.nouns)
            } else {
                kind = "descriptors.json"
                axes = try root.members().map(Self.axis)
            }
            guard places.updateValue(file, forKey: kind) == nil else {
                throw InputError("a second file like \(kind)", at: file, remedy: "give one of each")
            }
        }
        for kind in ["descriptors.json", "nouns.json", "sentence_templates.json"] where places[kind] == nil {
            throw InputError(
                "no file like HolisticBias's \(kind)", at: files.first ?? "holisticbias",
                remedy: "give descriptors.json, nouns.json and sentence_templates.json")
        }
    }

    private static func template(_ member: (key: String, value: JSONCursor)) throws -> Template {
        // Where a sentence may stand in a conversation, and that it needs a noun: pairs stand alone and have one.
        try member.value.onlyKeys(["first_turn_only", "must_be_noun"])
        let counts = Template.places.map { member.key.ranges(of: $0).count }
        guard counts.reduce(0, +) == 1, member.key.count(where: { $0 == "{" }) == 1 else {
            throw member.value.error(
                "a template without one of \(Template.places.joined(separator: " and "))",
                remedy: "write one of them, once")
        }
        return Template(text: member.key)
    }

    private static func nouns(_ member: (key: String, value: JSONCursor)) throws -> [Noun] {
        try member.value.elements().map { cursor in
            let forms = try cursor.elements().map { try $0.string() }
            guard forms.count == 2 else {
                throw cursor.error("\(forms.count) forms", remedy: "write singular and plural")
            }
            return Noun(singular: forms[0], plural: forms[1], gender: member.key)
        }
    }

    private static func axis(_ member: (key: String, value: JSONCursor)) throws -> Axis {
        if let fault = NameCheck.fault(member.key) {
            throw member.value.error("\(fault) for an axis", remedy: "give it a short name")
        }
        let buckets = try member.value.members().map { bucket in
            Group(name: bucket.key, descriptors: try bucket.value.elements().map(descriptor))
        }
        let groups =
            buckets.count == 1
            ? buckets[0].descriptors.map { Group(name: $0.text, descriptors: [$0]) }
            : buckets.filter { !$0.descriptors.isEmpty }
        // Every two of them are a pair of groups.
        guard groups.count <= 1_000 else {
            throw member.value.error("\(groups.count) groups", remedy: "give at most 1,000")
        }
        return Axis(name: member.key, groups: groups)
    }

    private static func descriptor(_ cursor: JSONCursor) throws -> Descriptor {
        let isPlain = if case .string = cursor.value { true } else { false }
        if !isPlain { try cursor.onlyKeys(["descriptor", "gender", "article", "preference"]) }
        let text = try isPlain ? cursor.string() : cursor.member("descriptor").string()
        guard let first = text.lowercased().first else {
            throw cursor.error("an empty descriptor", remedy: "give it a text")
        }
        let article = try isPlain ? nil : cursor.optional("article")?.string()
        return Descriptor(
            text: text, article: article ?? ("aeiou".contains(first) ? "an" : "a"),
            gender: try isPlain ? nil : cursor.optional("gender")?.string())
    }
}
