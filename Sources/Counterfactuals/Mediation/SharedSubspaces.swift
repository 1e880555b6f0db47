import LanguageModel
import LinearAlgebra
import Statistics

/// What two domains have in common at one site of the residual stream.
package struct SharedSubspace: Sendable, Equatable {
    package var site: ResidualSite
    /// Components of the target's group contrasts that exceed chance; of several targets, of what theirs span together.
    package var targetRank: Int
    /// The same of the other domain.
    package var subjectRank: Int
    /// Cosines of the principal angles between them, descending.
    package var cosines: [Double]
    /// The 95 % quantile of each cosine over random pairs of subspaces of these ranks.
    package var thresholds: [Double]
    /// The directions in common, orthonormal rows, `(k, D)`.
    package var shared: Matrix<Double>
    /// The rest of the target's subspace, orthonormal rows and orthogonal to ``shared``.
    package var specific: Matrix<Double>
}

/// Subspaces in which a model tells the groups of a domain apart, site by site, and what domains share of them.
///
/// For every site, template and place the contrasts between the means of the groups' words are collected; their leading
/// components, as many as there are contrasts, span the domain's subspace. A component must exceed those of random groups
/// of the domain's own words, into which the true groups are mixed evenly. Of several targets each has a subspace and a rank
/// by itself, and what they span together is the target's. A direction is shared when the cosine of the
/// principal vectors exceeds that of such random groups of both domains, and of random groups of control words.
package struct SharedSubspaces {
    /// Quantile of the random groupings that a component and a cosine must exceed.
    private static let level = 0.95
    /// Name of the domain whose words serve as controls.
    package static let controlDomain = ""

    private let model: TransformerModel
    private let words: [ContrastWord]
    private let templates: [ContrastTemplate]
    private let draws: Int
    private let seed: UInt64

    /// - Parameters:
    ///   - words: of all domains, and control words under ``controlDomain``. None of them has to stand in the templates.
    ///   - templates: neutral text; no item of a benchmark, or the subspaces would be fitted to what they are to explain.
    ///   - draws: random groupings.
    package init(
        _ model: TransformerModel, words: [ContrastWord], templates: [ContrastTemplate], draws: Int = 200,
        seed: UInt64 = 1
    ) {
        self.model = model
        self.words = words
        self.templates = templates
        self.draws = draws
        self.seed = seed
    }

    /// What the targets share with each of the subjects, by site.
    ///
    /// - Parameter targets: at least one; of several, what their subspaces span together is looked at.
    /// - Throws: `LAPACKError` when a decomposition does not converge.
    package func find(
        targets: [String], subjects: [String], progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> [String: [SharedSubspace]] {
        let states = ContrastStates.compute(words, templates: templates, model: model)
        let sites = model.residualSites
        var out: [String: [SharedSubspace]] = [:]
        for (index, site) in sites.enumerated() {
            guard let here = states[site] else { continue }
            let targetSpace = try JointSpace(try targets.map { try DomainSpace($0, here, self) })
            for subject in subjects {
                let other = try DomainSpace(subject, here, self)
                out[subject, default: []].append(try compare(targetSpace, other, here, site: site))
            }
            try progress(index + 1, sites.count)
        }
        return out
    }

    /// A domain's components at one site, its rank, and those of random groupings of its words.
    private struct DomainSpace {
        let labels: GroupLabels
        let components: Matrix<Double>
        let rank: Int
        let random: [Matrix<Double>]

        static let largest = 10

        init(_ domain: String, _ states: ContrastStates, _ all: SharedSubspaces) throws {
            labels = GroupLabels(domain: domain, in: all.words)
            guard labels.groupCount > 1 else {
                (components, rank, random) = (Matrix(rows: 0, columns: 0), 0, [])
                return
            }
            let count = min(labels.groupCount - 1, Self.largest)
            let own = try ContrastSubspace(labels.contrasts(states), count: count)
            let draws = try randomSubspaces(all.draws, rank: count) { [labels] draw in
                var stream = RandomStream(seed: all.seed, label: "contrasts/\(domain)/\(draw)")
                return labels.mixed(&stream).contrasts(states)
            }
            components = own.components
            rank =
                (0..<components.rows).prefix { j in
                    let values = draws.map { j < $0.squares.count ? $0.squares[j] : 0 }
                    return own.squares[j] > Summary.quantiles(values, [SharedSubspaces.level])[0]
                }.count
            random = draws.map(\.components)
        }

        var basis: Matrix<Double> { components.gathering(0..<rank) }
    }

    /// What the subspaces of some domains span together, and what those of random groupings of their words do.
    private struct JointSpace {
        let parts: [DomainSpace]
        let basis: Matrix<Double>
        let random: [Matrix<Double>]

        var rank: Int { basis.rows }

        init(_ all: [DomainSpace]) throws {
            let parts = all.filter { $0.labels.groupCount > 1 }
            self.parts = parts
            basis = try Matrix.span(of: parts.map(\.basis))
            random = try Self.joined(parts.map(\.random), ranks: parts.map(\.rank))
        }

        /// Subspaces of the same draw put together, of each part as many components as it has itself.
        static func joined(_ draws: [[Matrix<Double>]], ranks: [Int]) throws -> [Matrix<Double>] {
            guard draws.count > 1 else { return draws.first ?? [] }
            return try (0..<(draws.map(\.count).min() ?? 0)).map { draw in
                try Matrix.span(
                    of: zip(draws, ranks).map { part, rank in
                        part[draw].gathering(0..<min(rank, part[draw].rows))
                    })
            }
        }
    }

    private func compare(
        _ target: JointSpace, _ subject: DomainSpace, _ states: ContrastStates, site: ResidualSite
    ) throws -> SharedSubspace {
        let width = states.places.first?.columns ?? 0
        var out = SharedSubspace(
            site: site, targetRank: target.rank, subjectRank: subject.rank, cosines: [], thresholds: [],
            shared: Matrix(rows: 0, columns: width),
            specific: target.rank > 0 ? target.basis : Matrix(rows: 0, columns: width))
        let common = min(target.rank, subject.rank)
        guard common > 0 else { return out }
        let decomposition = try Matrix.product(target.basis, subject.basis, transposeB: true).thinSVD()
        out.cosines = decomposition.singularValues.map { min(1, $0) }
        let ranks = (target.rank, subject.rank)
        var thresholds = try quantiles(target.random, subject.random, ranks: ranks)
        if let (first, second) = try controls(target, subject.labels, states) {
            thresholds = zip(thresholds, try quantiles(first, second, ranks: ranks)).map { max($0, $1) }
        }
        out.thresholds = thresholds
        let count = zip(out.cosines, out.thresholds).prefix { $0 > $1 }.count
        // The target's own principal vectors: shared and specific part add up to its subspace.
        let principal = Matrix.product(decomposition.u, transposeA: true, target.basis)
        // All of it is the subspace itself, whatever the signs of the principal vectors.
        out.shared = count == target.rank ? target.basis : principal.gathering(0..<count)
        out.specific = try complement(of: out.shared, in: target.basis)
        return out
    }

    /// Random groups of control words, as large as the groups of the targets and of the subject; nil where there are too few
    /// words for both at once.
    private func controls(
        _ target: JointSpace, _ subject: GroupLabels, _ states: ContrastStates
    ) throws -> (first: [Matrix<Double>], second: [Matrix<Double>])? {
        let pool = words.indices.filter { words[$0].domain == Self.controlDomain }
        let all = target.parts.map(\.labels) + [subject]
        let total = all.reduce(0) { $0 + $1.words.count }
        guard pool.count >= total else { return nil }
        // A draw deals words to the targets in turn, then to the subject.
        var start = 0
        var draws: [[Matrix<Double>]] = []
        for labels in all {
            let place = start..<start + labels.words.count
            draws.append(
                try randomSubspaces(self.draws, rank: min(labels.groupCount - 1, DomainSpace.largest)) { draw in
                    var stream = RandomStream(seed: seed, label: "contrasts/controls/\(draw)")
                    let chosen = stream.sample(total, below: pool.count).map { pool[$0] }
                    return GroupLabels(words: Array(chosen[place]), groups: labels.groups).contrasts(states)
                }.map(\.components))
            start = place.upperBound
        }
        let first = try JointSpace.joined(Array(draws.dropLast()), ranks: target.parts.map(\.rank))
        return (first, draws[draws.count - 1])
    }

    /// Quantile of each cosine over random pairs of subspaces of given ranks; 1 where the draws have no such rank.
    private func quantiles(
        _ first: [Matrix<Double>], _ second: [Matrix<Double>], ranks: (Int, Int)
    ) throws -> [Double] {
        let common = min(ranks.0, ranks.1)
        var values = [[Double]](repeating: [], count: common)
        for (a, b) in zip(first, second) where a.rows >= ranks.0 && b.rows >= ranks.1 {
            let cosines = try Matrix.product(a.gathering(0..<ranks.0), b.gathering(0..<ranks.1), transposeB: true)
                .thinSVD(vectors: false).singularValues
            for j in 0..<common { values[j].append(cosines[j]) }
        }
        return values.map { $0.isEmpty ? 1 : Summary.quantiles($0, [Self.level])[0] }
    }
}

/// Subspaces of random contrasts, by number of the draw.
private func randomSubspaces(_ count: Int, rank: Int, _ make: (Int) -> Matrix<Double>) throws -> [ContrastSubspace] {
    var found = [Result<ContrastSubspace, any Error>?](repeating: nil, count: count)
    found.withUnsafeMutableBufferPointer { found in
        nonisolated(unsafe) let found = found  // every draw writes its own element
        nonisolated(unsafe) let make = make
        parallelFor(count) { range in
            for draw in range { found[draw] = Result { try ContrastSubspace(make(draw), count: rank) } }
        }
    }
    return try found.compactMap { try $0?.get() }
}

/// The part of a subspace that is orthogonal to directions in it; orthonormal rows.
func complement(of part: Matrix<Double>, in basis: Matrix<Double>) throws -> Matrix<Double> {
    guard part.rows < basis.rows else { return Matrix(rows: 0, columns: basis.columns) }
    guard part.rows > 0 else { return basis }
    let inside = Matrix.product(Matrix.product(basis, part, transposeB: true), part)
    var rest = basis
    for i in rest.elements.indices { rest.elements[i] -= inside.elements[i] }
    return try rest.thinSVD().vTransposed.gathering(0..<basis.rows - part.rows)
}
