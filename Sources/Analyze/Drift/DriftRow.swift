import Records

/// One number of one cluster, against the same number over matched random word sets.
public struct DriftRow: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Group within the domain; nil for the whole domain.
    public var group: String?
    /// What is measured.
    public var metric: DriftMetric
    /// Whether the common part was taken out first.
    public var commonRemoved: Bool
    /// The number over the unexposed words of the cluster.
    public var value: Double?
    /// Median over the control sets.
    public var controlMedian: Double?
    /// 2.5 % quantile over the control sets.
    public var controlLower: Double?
    /// 97.5 % quantile over the control sets.
    public var controlUpper: Double?
    /// (1 + #as extreme)/(1 + draws); one-sided, larger is more extreme, but two-sided for a signed change. A level before
    /// or after has a band and no p: it says where the cluster stands, not that it moved.
    public var p: Double?
    /// p after Benjamini–Hochberg over the table.
    public var q: Double?
    /// Smallest number of eligible controls of a word of the cluster.
    public var poolSize: Int?
    /// Different control words over the whole cluster.
    public var poolUnion: Int?
    /// How controls were found where the strict rule left too few; nil where it did not.
    public var matching: String?
    /// Words used.
    public var wordCount: Int
    /// Whether the words are unexposed and thus evidence of transfer.
    public var evidence: Bool
    /// Words of the cluster that were not used.
    public var dropped: [String]
    /// Why there is no value, or no p.
    public var reason: String?
}

extension DriftRow {
    /// The value over the control sets' median; nil where there is no band or the median is 0.
    public var ratioToControls: Double? {
        guard let value, let controlMedian, controlMedian > 0 else { return nil }
        return value / controlMedian
    }
}

/// The movement of one concept word.
public struct WordDrift: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Group.
    public var group: String
    /// The word.
    public var word: String
    /// How it stands to the forget text.
    public var exposure: WordExposure
    /// Whether it stands in two concepts.
    public var inTwoConcepts: Bool
    /// ‖δ‖.
    public var displacement: Double?
    /// ‖δ‖/‖E0‖.
    public var relativeDisplacement: Double?
    /// Angle between before and after, in radians.
    public var angle: Double?
    /// ‖δ‖ with the common part taken out.
    public var displacementCommonRemoved: Double?
    /// Share of ‖δ‖² in G, common part taken out.
    public var targetShare: Double?
    /// Share of ‖δ‖² in U, common part taken out; nil for the target's words, which U is made of.
    public var updateShare: Double?
    /// Why numbers are missing.
    public var reason: String?
}

/// Nearest neighbours (cosine) of a much moved word.
public struct NeighbourChange: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// The word.
    public var word: String
    /// ‖δ‖.
    public var displacement: Double
    /// Shared neighbours over all neighbours of both lists.
    public var jaccard: Double
    /// In both lists.
    public var kept: [String]
    /// Only after.
    public var gained: [String]
    /// Only before.
    public var lost: [String]
}

/// How the groups of a concept moved against each other.
public struct GroupMovement: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// One group.
    public var first: String
    /// Another group.
    public var second: String
    /// Distance of their centroids before.
    public var distanceBefore: Double
    /// Distance after.
    public var distanceAfter: Double
    /// (after − before)/before.
    public var relativeChange: Double
    /// Cosine of the two centroid shifts: 1 is one block.
    public var shiftCosine: Double?
    /// What that says.
    public var reading: GroupReading
}

/// Shares of the squared centroid movement of a cluster; directions are made orthogonal in the order given (QR), and
/// the shares add to 1.
public struct DisplacementBudget: Codable, Sendable, Equatable {
    /// Domain.
    public var domain: String
    /// Group; nil for the whole domain.
    public var group: String?
    /// Along the common shift.
    public var commonShift: Double
    /// Along the word's own vector before.
    public var normChange: Double
    /// In G.
    public var targetSubspace: Double
    /// Along the axis between the domain's groups.
    public var ownAxis: Double
    /// Everywhere else.
    public var residual: Double
    /// For the first four, the largest change of its share when the order is reversed.
    public var orderSensitivity: [Double]
    /// Words used.
    public var wordCount: Int
}

/// Concept words and centroids in the plane. One linear map (the first two principal components of the rows before,
/// concept and control words together) is applied to both.
public struct ConceptMap: Codable, Sendable, Equatable {
    /// Words and centroids.
    public var points: [MapPoint]
    /// Share of variance of the two components.
    public var explained: [Double]
    /// Factor by which arrows would have to be drawn longer so that the longest spans a tenth of the map.
    public var exaggeration: Double
}

/// A word or a centroid in the plane.
public struct MapPoint: Codable, Sendable, Equatable {
    /// Domain; `control` for control words.
    public var domain: String
    /// Group.
    public var group: String?
    /// The word, or the name of the centroid.
    public var label: String
    /// Whether it is a centroid.
    public var isCentroid: Bool
    /// Exposure of a word.
    public var exposure: WordExposure?
    /// Before, first component.
    public var beforeX: Double
    /// Before, second component.
    public var beforeY: Double
    /// After, first component.
    public var afterX: Double
    /// After, second component.
    public var afterY: Double
}

/// What is measured of a cluster.
public enum DriftMetric: String, Codable, Sendable, Equatable, CaseIterable {
    /// Mean ‖δ‖ over the words.
    case displacement
    /// Mean ‖δ‖/‖E0‖.
    case relativeDisplacement = "relative displacement"
    /// Mean angle between before and after, in radians.
    case angle
    /// ‖mean δ‖, the length of the centroid's shift.
    case centroidShift = "centroid shift"
    /// ‖mean δ‖ / mean ‖δ‖: 1 when all words move alike.
    case coherence
    /// Root mean square distance of the words to their centroid, before.
    case spreadBefore = "spread before"
    /// The same after.
    case spreadAfter = "spread after"
    /// |change of the spread|, relative to before.
    case spreadChange = "spread change"
    /// Mean distance of the centroid to the centroids of the other domains, before.
    case separationBefore = "separation before"
    /// The same after.
    case separationAfter = "separation after"
    /// Change of the separation, relative to before; signed.
    case separationChange = "separation change"
    /// Mean cosine distance to the forgotten words (MAC of Manzini et al. 2019, one attribute set), before.
    case attributeDistanceBefore = "MAC before"
    /// The same after.
    case attributeDistanceAfter = "MAC after"
    /// After − before; signed, above 0 means away from the forgotten words.
    case attributeDistanceChange = "MAC change"
    /// Mean of 1 − Jaccard index of the nearest neighbours before and after.
    case neighbourTurnover = "neighbour turnover"
    /// Share of the summed squared movement that lies in G.
    case targetShare = "share in target subspace"
    /// Share of the summed squared movement that lies in U.
    case updateShare = "share in update subspace"
    /// Mean over the words of the root mean square of δ·h over hidden states h: by how much logits move. Output side.
    case logitChange = "logit change"

    /// Whether it says where a cluster stands, and not how it moved.
    public var isLevel: Bool {
        switch self {
        case .spreadBefore, .spreadAfter, .separationBefore, .separationAfter, .attributeDistanceBefore,
            .attributeDistanceAfter:
            true
        default: false
        }
    }

    /// Whether either sign is a finding.
    public var isSigned: Bool { self == .separationChange || self == .attributeDistanceChange }
}

/// How two groups of a concept moved.
public enum GroupReading: String, Codable, Sendable, Equatable {
    /// The centroids came closer by more than a tenth of their movement.
    case approach
    /// They moved apart by more than that.
    case separation
    /// They moved in the same direction (cosine above 0.5) without approaching.
    case block
    /// None of these.
    case unclear
}
