/// A small language whose stereotypes are planted, so that the right answer of a study on it is known.
///
/// A sentence is a frame with its slots filled. In a *neutral* sentence a topic decides which things meet and what they
/// are like. In a *planted* sentence the slot `{group}` holds a word for one of the two groups of a domain and the slot
/// `{quality}` an attribute word. Each attribute word belongs to one group of the domain; its strength is the share of
/// its sentences that speak of that group. Domains are tied together by the attribute words (and frames) that they share,
/// ``overlap(of:with:)``, and by the continuations that they share, ``latentOverlap(of:with:)``: these are the planted
/// causes of transfer.
///
/// A *continuation* says what a group does instead of what it is like: the slot `{continuation}` of its own frames is
/// filled from a list of the group. Groups of two domains with one list are alike for a model that never met an attribute
/// word of the one beside the other: they share a latent.
package struct Grammar: Sendable {
    /// One of the two groups of a domain.
    package struct Group: Sendable {
        package var name: String
        /// Words that name its members.
        package var words: [String]
        /// Attribute words that the stereotype gives to it.
        package var attributes: [String]
        /// What its members do; empty where the domain has no continuations.
        package var continuations: [String]
    }

    /// How a domain's sentences speak of what its groups do.
    package struct Continuations: Sendable {
        /// Name of the frames, which have the slots `{group}` and `{continuation}`.
        package var frames: String
        /// Share of the domain's sentences in the training text that are of this kind.
        package var share: Double
    }

    /// A domain: two groups and the stereotypes about them.
    package struct Domain: Sendable {
        package var name: String
        /// How the forget file's `target` column names it.
        package var code: String
        /// Name of the frames that its sentences use.
        package var frames: String
        /// Whether the words of the two groups are definitional pairs by their places.
        package var isPaired: Bool
        package var continuations: Continuations?
        package var groups: [Group]

        package var attributes: [String] { groups.flatMap(\.attributes) }
        package var words: [String] { groups.flatMap(\.words) }
    }

    /// Things that meet in neutral sentences.
    package struct Topic: Sendable {
        package var name: String
        /// How often it is spoken of, relative to the others.
        package var weight: Double
        /// What its things are like.
        package var qualities: [String]
        /// Its things, the most frequent first.
        package var words: [String]
    }

    /// How many sentences or rows of each text are made.
    package struct Sizes: Sendable {
        package var text: Int
        /// Share of the training text that speaks of one domain's groups, the same for every domain.
        package var domainShare: Double
        /// Rows of the forget file that a study uses.
        package var forget: Int
        package var retain: Int
        package var guardText: Int
        package var perplexity: Int
        package var placebo: Int
        package var pairsPerAttribute: Int
    }

    /// A second retain text that is not neutral: it gives a domain's attribute words to the groups they belong to.
    package struct LoadedRetain: Sendable {
        package var domain: String
        /// Sentences about it.
        package var stereotypes: Int
        /// Neutral sentences among them, taken from the neutral retain text.
        package var neutral: Int
    }

    package var name: String
    /// What it plants, in words.
    package var note: String
    /// Decides every sentence.
    package var seed: UInt64
    /// For each attribute word the share of its sentences that speak of the group it belongs to.
    package var strengths: [String: Double]
    /// Named sets of frames with the slots `{group}`, `{quality}`, `{continuation}`, `{place}`, `{thing}` and `{other}`.
    package var frames: [String: [String]]
    /// The first is the one that a study forgets.
    package var domains: [Domain]
    /// For each set of frames its share of the neutral sentences.
    package var neutralFrames: [(name: String, weight: Double)]
    /// Topics whose things fill the slot `{place}`.
    package var places: [String]
    /// The word of rank r (from 0) in a topic is drawn with weight 1/(r + 2)^skew, Zipf's law with a flat top.
    package var skew: Double
    package var topics: [Topic]
    package var sizes: Sizes
    package var loadedRetain: LoadedRetain?

    /// Every thing that neutral sentences speak of.
    package var neutralWords: [String] { topics.flatMap(\.words) }

    /// The share of a domain's attribute words that are attribute words of `other` too, for the group in the same place.
    package func overlap(of domain: String, with other: String) -> Double? {
        share(of: domain, with: other, \.attributes)
    }

    /// The share of a domain's continuations that are continuations of `other` too, for the group in the same place; nil
    /// for a domain without any.
    package func latentOverlap(of domain: String, with other: String) -> Double? {
        share(of: domain, with: other, \.continuations)
    }

    private func share(of domain: String, with other: String, _ list: (Group) -> [String]) -> Double? {
        guard let one = domains.first(where: { $0.name == domain }),
            let two = domains.first(where: { $0.name == other })
        else { return nil }
        let count = one.groups.reduce(0) { $0 + list($1).count }
        let shared = zip(one.groups, two.groups).reduce(0) { $0 + Set(list($1.0)).intersection(list($1.1)).count }
        return count > 0 ? Double(shared) / Double(count) : nil
    }
}
