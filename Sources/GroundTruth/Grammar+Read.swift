import Files

extension Grammar {
    /// The value of a grammar file's `format`.
    public static let format = "driftscope-grammar"

    /// Reads a grammar from its JSON file.
    ///
    /// - Throws: ``InputError`` that names the key when something is missing or contradicts the rest.
    public static func read(_ path: String) throws -> Grammar { try Grammar(JSONCursor.read(path)) }

    /// Reads a grammar from JSON.
    public init(_ root: JSONCursor) throws {
        let format = try root.member("format")
        guard try format.string() == Self.format else {
            throw format.error("not a grammar", remedy: "give a file whose format is \"\(Self.format)\"")
        }
        let version = try root.member("version")
        guard try version.int() == 1 else {
            throw version.error("grammar version \(try version.int()), known is 1", remedy: "use a newer driftscope")
        }
        let neutral = try root.member("neutral")
        self.init(
            name: try root.member("name").string(), note: try root.member("note").string(),
            seed: UInt64(clamping: try root.member("seed").int()),
            strengths: Dictionary(
                try root.member("strengths").members().map { ($0.key, try $0.value.double()) }
            ) { first, _ in first },
            frames: Dictionary(
                try root.member("frames").members().map { ($0.key, try $0.value.strings()) }
            ) { first, _ in first },
            domains: try root.member("domains").elements().map(Domain.init),
            neutralFrames: try neutral.member("frames").members().map { ($0.key, try $0.value.double()) },
            places: try neutral.member("places").strings(), skew: try neutral.member("skew").double(),
            topics: try neutral.member("topics").elements().map(Topic.init),
            sizes: try Sizes(root.member("sizes")))
        try check(root)
    }

    /// Checks what the sampler relies on.
    private func check(_ root: JSONCursor) throws {
        let domainsAt = try root.member("domains").elements()
        for (domain, place) in zip(domains, domainsAt) {
            guard domain.groups.count == 2, domain.groups.allSatisfy({ !$0.words.isEmpty && !$0.attributes.isEmpty })
            else {
                throw place.error(
                    "domain \(domain.name) needs two groups with words and attributes", remedy: "complete them")
            }
            guard !domain.isPaired || domain.groups[0].words.count == domain.groups[1].words.count else {
                throw place.error(
                    "the groups of \(domain.name) are paired but not of one size", remedy: "pair them all")
            }
            guard frames[domain.frames]?.isEmpty == false else {
                throw place.error("no frames named '\(domain.frames)'", remedy: "add them under frames")
            }
            for word in domain.attributes {
                guard let strength = strengths[word], (0...1).contains(strength) else {
                    throw place.error("no strength for '\(word)'", remedy: "add one between 0 and 1 under strengths")
                }
            }
        }
        guard domains.count > 0, !topics.isEmpty, topics.allSatisfy({ !$0.words.isEmpty && !$0.qualities.isEmpty })
        else { throw root.error("a grammar needs a domain, and topics with words and qualities", remedy: "add them") }
        for (name, _) in neutralFrames where frames[name]?.isEmpty != false {
            throw try root.member("neutral").error("no frames named '\(name)'", remedy: "add them under frames")
        }
        for name in places where !topics.contains(where: { $0.name == name }) {
            throw try root.member("neutral").error("no topic named '\(name)'", remedy: "name one of the topics")
        }
    }
}

extension Grammar.Domain {
    fileprivate init(_ place: JSONCursor) throws {
        self.init(
            name: try place.member("name").string(), code: try place.member("code").string(),
            frames: try place.member("frames").string(), isPaired: try place.member("paired").bool(),
            groups: try place.member("groups").elements().map { group in
                Grammar.Group(
                    name: try group.member("name").string(), words: try group.member("words").strings(),
                    attributes: try group.member("attributes").strings())
            })
    }
}

extension Grammar.Topic {
    fileprivate init(_ place: JSONCursor) throws {
        self.init(
            name: try place.member("name").string(), weight: try place.member("weight").double(),
            qualities: try place.member("qualities").strings(), words: try place.member("words").strings())
    }
}

extension Grammar.Sizes {
    fileprivate init(_ place: JSONCursor) throws {
        func count(_ key: String) throws -> Int { try place.member(key).int() }
        self.init(
            text: try count("text"), domainShare: try place.member("domain-share").double(),
            forget: try count("forget"), retain: try count("retain"), guardText: try count("guard"),
            perplexity: try count("perplexity"), placebo: try count("placebo"),
            pairsPerAttribute: try count("pairs-per-attribute"))
    }
}

extension JSONCursor {
    fileprivate func strings() throws -> [String] { try elements().map { try $0.string() } }
}
