/// One tensor of a file.
public struct StoredTensor<ElementType: Equatable & Sendable>: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// How its elements are stored.
    public let type: ElementType
    /// Its shape, slowest dimension first.
    public let shape: [Int]
    /// Where its bytes lie in the file.
    public let bytes: Range<Int>

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
}
