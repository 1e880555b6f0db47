import LanguageModel
import LinearAlgebra

/// A word that stands for a group of a domain, as tokens in running text.
package struct ContrastWord: Sendable, Equatable {
    /// The domain; of a control word, anything.
    package var domain: String
    package var group: String
    /// The definitional pair it belongs to; nil where there is none.
    package var pair: Int?
    /// Its tokens with the blank before it.
    package var tokens: [Int32]

    package init(domain: String, group: String, pair: Int? = nil, tokens: [Int32]) {
        self.domain = domain
        self.group = group
        self.pair = pair
        self.tokens = tokens
    }
}

/// Neutral text around a place for a word.
package struct ContrastTemplate: Sendable, Equatable {
    /// Tokens before the word, begin token first.
    package var before: [Int32]
    /// Tokens after it that are looked at.
    package var after: [Int32]

    package init(before: [Int32], after: [Int32]) {
        self.before = before
        self.after = after
    }
}

/// The states of words in templates at one site: for every place in every template a matrix `(words, D)`.
///
/// The places of a template are the word's last token and the tokens after it: there the model says what it expects of
/// the group, and there a bias is made.
struct ContrastStates {
    let places: [Matrix<Float>]

    /// Runs the model over all words in all templates; several templates at once.
    static func compute(
        _ words: [ContrastWord], templates: [ContrastTemplate], model: TransformerModel
    ) -> [ResidualSite: ContrastStates] {
        var places: [ResidualSite: [Matrix<Float>]] = [:]
        for template in templates {
            let packed = PackedSequences(words.map { template.before + $0.tokens + template.after })
            let count = template.after.count + 1
            let rows = (0..<count).flatMap { place in
                words.indices.map { packed.starts[$0] + template.before.count + words[$0].tokens.count - 1 + place }
            }
            for (site, matrix) in model.residualStates(at: rows, in: packed) {
                let size = words.count
                places[site, default: []] += (0..<count).map { place in
                    matrix.gathering(place * size..<(place + 1) * size)
                }
            }
        }
        return places.mapValues { ContrastStates(places: $0) }
    }
}

/// Which words stand against which: groups, or the sides of pairs.
struct GroupLabels {
    /// Rows of the words in a ``ContrastStates``.
    let words: [Int]
    /// Group of each word, from 0.
    let groups: [Int]
    /// For each word the index of the other word of its pair among ``words``; empty without pairs.
    var mates: [Int] = []

    var groupCount: Int { (groups.max() ?? -1) + 1 }

    /// Random groups that are as mixed as can be: every group's words are dealt out evenly over the new ones, of pairs one
    /// half is swapped.
    ///
    /// Labels shuffled freely keep some of the true contrast by chance, and where it is strong that remainder, not chance,
    /// would be what a domain is held against: two domains that share a direction would never exceed it.
    func mixed(_ stream: inout RandomStream) -> GroupLabels {
        var out = groups
        if mates.isEmpty {
            for group in 0..<groupCount {
                let members = stream.shuffled(groups.indices.filter { groups[$0] == group })
                let first = stream.index(below: groupCount)
                for (place, member) in members.enumerated() { out[member] = (first + place) % groupCount }
            }
        } else {
            let pairs = stream.shuffled(groups.indices.filter { $0 < mates[$0] })
            let half = (pairs.count + Int(stream.next() & 1)) / 2
            for word in pairs.prefix(half) { out.swapAt(word, mates[word]) }
        }
        return GroupLabels(words: words, groups: out, mates: mates)
    }

    /// The contrasts between the groups' means at every place, `(places · (groups − 1), D)`.
    ///
    /// Helmert contrasts of the means: two groups give one row a place, (m₁ − m₂)/√2.
    func contrasts(_ states: ContrastStates) -> Matrix<Double> {
        let (count, width) = (groupCount, states.places.first?.columns ?? 0)
        // Each contrast is a sum over words with these factors, `(contrasts, words)`: thousands of random groupings go this
        // way, so it is kept to one pass over plain memory.
        let sizes = (0..<count).map { group in Double(groups.count { $0 == group }) }
        let factors = (1..<max(count, 1)).map { j -> [Double] in
            let scale = (Double(j) / Double(j + 1)).squareRoot()
            return groups.map { $0 < j ? scale / (Double(j) * sizes[$0]) : $0 == j ? -scale / sizes[j] : 0 }
        }
        var elements = [Double](repeating: 0, count: states.places.count * factors.count * width)
        elements.withUnsafeMutableBufferPointer { out in
            for (number, place) in states.places.enumerated() {
                place.elements.withUnsafeBufferPointer { values in
                    for (contrast, weights) in factors.enumerated() {
                        let target = (number * factors.count + contrast) * width
                        for (word, weight) in zip(words, weights) where weight != 0 {
                            for i in 0..<width { out[target + i] += weight * Double(values[word * width + i]) }
                        }
                    }
                }
            }
        }
        return Matrix(rows: width == 0 ? 0 : elements.count / width, columns: width, elements: elements)
    }
}

extension GroupLabels {
    /// All words of a domain; its pairs alone where there are at least five complete ones.
    init(domain: String, in all: [ContrastWord]) {
        let members = all.indices.filter { all[$0].domain == domain }
        let byPair = Dictionary(grouping: members.filter { all[$0].pair != nil }) { all[$0].pair ?? 0 }
        let complete = byPair.filter { $0.value.count == 2 && all[$0.value[0]].group != all[$0.value[1]].group }
        let isPaired = complete.count >= 5
        let chosen = isPaired ? complete.sorted { $0.key < $1.key }.flatMap(\.value) : members
        var names: [String] = []
        for word in chosen where !names.contains(all[word].group) { names.append(all[word].group) }
        self.init(
            words: chosen, groups: chosen.map { word in names.firstIndex(of: all[word].group) ?? 0 },
            mates: isPaired ? chosen.indices.map { $0 ^ 1 } : [])
    }
}

/// Components of a domain's group contrasts at one site: as many as there are contrasts between groups.
///
/// Further components tell how the same contrast turns from place to place; they add the update's bulk to the subspace and
/// little of what is asked about.
struct ContrastSubspace {
    /// Components as orthonormal rows, leading first, `(up to groups − 1, D)`.
    let components: Matrix<Double>
    /// Squared singular values of the components.
    let squares: [Double]

    /// The leading components of some contrasts.
    init(_ contrasts: Matrix<Double>, count: Int) throws {
        // The Gram matrix of the fewer rows has the same values, and is what many draws can afford.
        let eigen = try Matrix.product(contrasts, contrasts, transposeB: true).symmetricEigen()
        let values = eigen.values.map { max(0, $0) }
        let total = values.reduce(0, +)
        let kept = values.prefix(count).prefix { $0 > 1e-10 * total }.count
        squares = Array(values.prefix(kept))
        var components = Matrix.product(eigen.vectors.gathering(0..<kept), contrasts)
        for row in 0..<kept {
            let scale = 1 / squares[row].squareRoot()
            for i in 0..<components.columns { components[row, i] *= scale }
        }
        self.components = components
    }
}
