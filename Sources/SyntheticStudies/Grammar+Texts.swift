import FileSupport

/// A row of a forget file.
struct ForgetRow {
    var text: String
    var label: String
    var type: String
    var target: String
}

/// A row of a pairs file.
struct PairRow {
    var more: String
    var less: String
    var isFirstGroup: Bool
    var domain: String
    var attribute: String
    var frame: Int
}

/// The texts of a grammar, disjoint by sentence where a study needs them so.
struct GrammarTexts {
    /// What the model learns from.
    var text: [String] = []
    /// Neutral sentences, in no other text.
    var retain: [String] = []
    /// Stereotypes of one domain among sentences of `retain`; empty when the grammar asks for none.
    var loadedRetain: [String] = []
    var guardText: [String] = []
    var perplexity: [String] = []
    var pairs: [PairRow] = []
    var forget: [ForgetRow] = []
    var placebo: [ForgetRow] = []
}

extension Grammar {
    /// Draws every text.
    ///
    /// - Throws: `InputError` when the grammar has no more sentences for one.
    func texts() throws -> GrammarTexts {
        var out = GrammarTexts()
        // Sentences that belong to one text only.
        var taken: Set<String> = []
        var neutral = SentenceSampler(self, purpose: "held-out neutral sentences")
        func unique(_ count: Int, _ name: String) throws -> [String] {
            try draw(count, name) {
                let sentence = neutral.neutral()
                return taken.insert(sentence).inserted ? sentence : nil
            }
        }
        out.retain = try unique(sizes.retain, "retain")
        out.guardText = try unique(sizes.guardText, "guard")
        out.perplexity = try unique(sizes.perplexity, "perplexity")
        out.placebo = placebo(try unique(sizes.placebo, "placebo"))
        out.pairs = pairs()
        for pair in out.pairs { taken.formUnion([pair.more, pair.less]) }
        out.forget = try forget(taken: &taken)
        out.text = try trainingText(without: taken)
        out.loadedRetain = try loadedRetain.map { try loadedText($0, neutral: out.retain, without: taken) } ?? []
        return out
    }

    /// Draws until there are enough; an item that is nil does not count.
    private func draw<Item>(_ count: Int, _ name: String, next: () -> Item?) throws -> [Item] {
        var (items, misses): ([Item], Int) = ([], 0)
        while items.count < count {
            if let item = next() {
                items.append(item)
                misses = 0
            } else {
                misses += 1
                guard misses < 100_000 else {
                    throw InputError(
                        "the grammar makes \(items.count) sentences that stand nowhere else, and \(count) are wanted",
                        at: "sizes.\(name)", remedy: "ask for fewer, or give the grammar more words")
                }
            }
        }
        return items
    }

    private func trainingText(without taken: Set<String>) throws -> [String] {
        var sampler = SentenceSampler(self, purpose: "training text")
        var sentences: [String] = []
        let perDomain = Int((Double(sizes.text) * sizes.domainShare).rounded())
        for domain in domains { for _ in 0..<perDomain { sentences.append(sampler.planted(domain)) } }
        sentences += try draw(sizes.text - sentences.count, "text") {
            let sentence = sampler.neutral()
            return taken.contains(sentence) ? nil : sentence
        }
        return sampler.shuffled(sentences)
    }

    /// The stereotypes are in no pair and no forget row; the training text may hold them.
    private func loadedText(_ loaded: LoadedRetain, neutral: [String], without taken: Set<String>) throws -> [String] {
        guard let domain = domains.first(where: { $0.name == loaded.domain }) else { return [] }
        var sampler = SentenceSampler(self, purpose: "loaded retain text")
        var sentences = Array(neutral.prefix(loaded.neutral))
        sentences += try draw(loaded.stereotypes, "retain") {
            let sentence = sampler.stereotype(domain).text
            return taken.contains(sentence) ? nil : sentence
        }
        return sampler.shuffled(sentences)
    }

    private func pairs() -> [PairRow] {
        var sampler = SentenceSampler(self, purpose: "pairs")
        var rows: [PairRow] = []
        var seen: Set<String> = []
        for domain in domains {
            let frames = self.frames[domain.frames] ?? []
            for side in 0..<2 {
                for attribute in domain.groups[side].attributes {
                    for number in 0..<sizes.pairsPerAttribute {
                        let frame = number % frames.count
                        // A repeated pair would count twice; a small grammar may have no other.
                        var pair = ("", "")
                        for _ in 0..<100 {
                            pair = sampler.pair(domain, side: side, attribute: attribute, frame: frames[frame])
                            if seen.insert(pair.0 + "\n" + pair.1).inserted { break }
                        }
                        rows.append(
                            PairRow(
                                more: pair.0, less: pair.1, isFirstGroup: side == 0, domain: domain.name,
                                attribute: attribute, frame: frame + 1))
                    }
                }
            }
        }
        return rows
    }

    /// Rows as such files hold them in the wild: most are what a study asks for, others are not hateful, speak of another
    /// domain, or of two.
    private func forget(taken: inout Set<String>) throws -> [ForgetRow] {
        guard let target = domains.first else { return [] }
        var sampler = SentenceSampler(self, purpose: "forget rows")
        var rows: [ForgetRow] = []
        func code(_ domain: Domain, _ side: Int) -> String { "\(domain.code).\(domain.groups[side].name)" }
        func add(_ text: String, _ type: String, _ target: String) {
            rows.append(ForgetRow(text: text, label: "hate", type: type, target: target))
        }
        let own = try draw(sizes.forget, "forget") {
            let sentence = sampler.stereotype(target)
            return taken.insert(sentence.text).inserted ? sentence : nil
        }
        for (text, side) in own { add(text, "derogation", code(target, side)) }
        for domain in domains.dropFirst() {
            for _ in 0..<(sizes.forget / 20) {
                let (text, side) = sampler.stereotype(domain)
                add(text, "derogation", code(domain, side))
            }
            // Names both: the label and the words exclude it.
            for _ in 0..<(sizes.forget / 60) {
                let (text, side) = sampler.stereotype(target)
                let (other, otherSide) = sampler.stereotype(domain)
                add(text + " " + other, "animosity", code(target, side) + "," + code(domain, otherSide))
            }
        }
        for _ in 0..<(sizes.forget / 6) {
            rows.append(ForgetRow(text: sampler.neutral(), label: "nothate", type: "none", target: "none"))
        }
        return sampler.shuffled(rows)
    }

    /// The same shape with neutral sentences, their qualities to be forgotten: nothing should follow.
    private func placebo(_ sentences: [String]) -> [ForgetRow] {
        sentences.map { ForgetRow(text: $0, label: "placebo", type: "none", target: "things") }
    }
}
