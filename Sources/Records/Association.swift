/// The associations s(w) of a test's targets in one space of one model.
///
/// s(w) = mean over A of cos(w, a) − mean over B of cos(w, b); above 0 the target goes with the first attributes.
public struct AssociationScores: Codable, Sendable, Equatable {
    /// A target and its association.
    public struct Target: Codable, Sendable, Equatable {
        /// The word or sentence.
        public var text: String
        /// s(w).
        public var value: Double

        /// Names an association.
        public init(_ text: String, _ value: Double) { (self.text, self.value) = (text, value) }
    }

    /// The test's name.
    public var test: String
    /// The space: `input embeddings`, `contextual, layer 3`, `sentence vectors`, …
    public var space: String
    /// The targets of X that have a vector; none where no attribute of A or of B has one.
    public var first: [Target]
    /// Those of Y.
    public var second: [Target]
    /// The test's texts without a vector in this space.
    public var leftOut: [String]

    /// Collects associations.
    public init(test: String, space: String, first: [Target], second: [Target], leftOut: [String]) {
        (self.test, self.space, self.first, self.second, self.leftOut) = (test, space, first, second, leftOut)
    }
}

/// The associations of a study's tests under the model before and the model after.
public struct AssociationRecord: Codable, Sendable, Equatable {
    /// Test by test, space by space, of the model before.
    public var before: [AssociationScores] = []
    /// The same of the model after.
    public var after: [AssociationScores] = []

    /// Nothing yet.
    public init() {}
}
