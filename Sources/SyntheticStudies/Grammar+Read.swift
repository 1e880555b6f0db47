import FileSupport

extension Grammar {
    /// The value of a grammar file's `format`.
    package static let format = "driftscope-grammar"

    /// Reads a grammar from its JSON file.
    ///
    /// - Throws: ``InputError`` that names the key when something is missing or contradicts the rest.
    package static func read(_ path: String) throws -> Grammar { try Grammar(JSONCursor.read(path)) }

    package init(_ root: JSONCursor) throws {
        let format = try root.member("format")
        guard try format.string() == Self.format else {
            throw format.error("not a grammar", remedy: "give a file whose format is \"\(Self.format)\"")
        }
        let version = try root.member("version")
        guard (1...2).contains(try version.int()) else {
            throw version.error(
                "grammar version \(try version.int()), known are 1 and 2", remedy: "use a newer driftscope")
        }
        let neutral = try root.member("neutral")
        self.init(
            name: try root.member("name").string(), note: try root.member("note").string(),
            seed: UInt64(clamping: try root.member("seed").int()),
            strengths: Dictionary(try root.member("strengths").members().map { ($0.key, try $0.value.double()) }) {
                first, _ in first
            },
            frames: Dictionary(try root.member("frames").members().map { ($0.key, try $0.value.strings()) }) {
                first, _ in first
            }, domains: try root.member("domains").elements().map(Domain.init),
            neutralFrames: try neutral.member("frames").members().map { ($0.key, try $0.value.double(0...1e9)) },
            places: try neutral.member("places").strings(), skew: try neutral.member("skew").double(0...100),
            topics: try neutral.member("topics").elements().map(Topic.init), sizes: try Sizes(root.member("sizes")),
            loadedRetain: try root.optional("loaded-retain").map(LoadedRetain.init))
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
            try check(continuationsOf: domain, place)
            for word in domain.attributes {
                guard let strength = strengths[word], (0...1).contains(strength) else {
                    throw place.error("no strength for '\(word)'", remedy: "add one between 0 and 1 under strengths")
                }
            }
        }
        guard domains.count > 0, !topics.isEmpty, topics.allSatisfy({ !$0.words.isEmpty && !$0.qualities.isEmpty })
        else { throw root.error("a grammar needs a domain, and topics with words and qualities", remedy: "add them") }
        guard !neutralFrames.isEmpty, !places.isEmpty else {
            throw try root.member("neutral").error("no frames or no places", remedy: "name at least one of each")
        }
        for (name, _) in neutralFrames where frames[name]?.isEmpty != false {
            throw try root.member("neutral").error("no frames named '\(name)'", remedy: "add them under frames")
        }
        if let loaded = loadedRetain {
            let place = try root.member("loaded-retain")
            guard domains.contains(where: { $0.name == loaded.domain }) else {
                throw place.error("no domain named '\(loaded.domain)'", remedy: "name one of the domains")
            }
            guard loaded.stereotypes > 0, (0...sizes.retain).contains(loaded.neutral) else {
                throw place.error(
                    "\(loaded.stereotypes) stereotypes and \(loaded.neutral) neutral sentences of \(sizes.retain)",
                    remedy: "ask for at least one stereotype, and for no more neutral sentences than sizes.retain")
            }
        }
        for name in places where !topics.contains(where: { $0.name == name }) {
            throw try root.member("neutral").error("no topic named '\(name)'", remedy: "name one of the topics")
        }
    }

    /// Pairs and forget rows are about attribute words alone, so continuations keep to frames of their own.
    private func check(continuationsOf domain: Domain, _ place: JSONCursor) throws {
        guard frames[domain.frames]?.contains(where: { $0.contains(Self.continuationSlot) }) != true else {
            throw place.error(
                "the frames '\(domain.frames)' hold \(Self.continuationSlot)",
                remedy: "give such frames a name of their own, and name them under continuations")
        }
        guard let continuations = domain.continuations else {
            guard domain.groups.allSatisfy({ $0.continuations.isEmpty }) else {
                throw place.error(
                    "groups of \(domain.name) have continuations, the domain no frames for them",
                    remedy: "add continuations: {frames, share} to the domain")
            }
            return
        }
        guard let frames = frames[continuations.frames], !frames.isEmpty,
            frames.allSatisfy({ $0.contains("{group}") && $0.contains(Self.continuationSlot) })
        else {
            throw place.error(
                "no frames named '\(continuations.frames)' with {group} and \(Self.continuationSlot)",
                remedy: "add them under frames")
        }
        guard (0...1).contains(continuations.share), domain.groups.allSatisfy({ !$0.continuations.isEmpty }) else {
            throw place.error(
                "the continuations of \(domain.name) need a share between 0 and 1, and both groups a list",
                remedy: "complete them")
        }
    }

    /// The slot that says what a group does.
    static let continuationSlot = "{continuation}"
}

extension Grammar.Domain {
    fileprivate init(_ place: JSONCursor) throws {
        self.init(
            name: try place.member("name").string(), code: try place.member("code").string(),
            frames: try place.member("frames").string(), isPaired: try place.member("paired").bool(),
            continuations: try place.optional("continuations").map {
                Grammar.Continuations(frames: try $0.member("frames").string(), share: try $0.member("share").double())
            },
            groups: try place.member("groups").elements().map { group in
                Grammar.Group(
                    name: try group.member("name").string(), words: try group.member("words").strings(),
                    attributes: try group.member("attributes").strings(),
                    continuations: try group.optional("continuations")?.strings() ?? [])
            })
    }
}

extension Grammar.LoadedRetain {
    fileprivate init(_ place: JSONCursor) throws {
        self.init(
            domain: try place.member("domain").string(),
            stereotypes: try place.member("stereotypes").int(0...10_000_000),
            neutral: try place.member("neutral").int(0...10_000_000))
    }
}

extension Grammar.Topic {
    fileprivate init(_ place: JSONCursor) throws {
        self.init(
            name: try place.member("name").string(), weight: try place.member("weight").double(0...1e9),
            qualities: try place.member("qualities").strings(), words: try place.member("words").strings())
    }
}

extension Grammar.Sizes {
    fileprivate init(_ place: JSONCursor) throws {
        func count(_ key: String) throws -> Int { try place.member(key).int(0...10_000_000) }
        self.init(
            text: try count("text"), domainShare: try place.member("domain-share").double(0...1),
            forget: try count("forget"), retain: try count("retain"), guardText: try count("guard"),
            perplexity: try count("perplexity"), placebo: try count("placebo"),
            pairsPerAttribute: try count("pairs-per-attribute"))
    }
}

extension JSONCursor { fileprivate func strings() throws -> [String] { try elements().map { try $0.string() } } }
