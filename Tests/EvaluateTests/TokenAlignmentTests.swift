import Evaluate
import LinearAlgebra
import Testing

@Suite("Aligning tokens")
struct TokenAlignmentTests {
    /// Two sequences and their blocks (start in the first, start in the second, length), by
    /// `difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()` of Python 3.11.
    static let expected: [([Int32], [Int32], [[Int]])] = [
        ([1, 3, 0, 0, 0, 2, 0, 1], [0, 3, 3], [[1, 1, 1]]),
        ([1, 0, 3, 0], [0, 1, 0, 3, 0, 1, 0, 1, 2, 3, 1, 0], [[0, 1, 4]]),
        (
            [2, 1, 0, 1, 2, 0, 0, 0, 1, 3, 3, 2], [3, 2, 2, 1, 1, 1, 0, 2, 3, 2],
            [[0, 2, 2], [2, 6, 1], [4, 7, 1], [10, 8, 2]]
        ),
        (
            [2, 0, 0, 3, 1, 2, 1, 3, 3, 0], [0, 2, 2, 2, 3, 3, 0, 0, 2, 3, 0, 0, 2],
            [[0, 1, 1], [5, 2, 1], [7, 4, 3]]
        ),
        ([3, 2, 3, 2, 0, 3, 2, 1, 0, 3, 0, 1, 2], [1, 3, 3, 3, 0], [[0, 1, 1], [2, 2, 1], [9, 3, 2]]),
        ([3, 3, 2, 1, 3], [2, 3, 2, 3, 1, 1, 0, 1, 1, 1, 1], [[1, 1, 2], [3, 4, 1]]),
        ([], [1], []),
        ([1, 2], [1, 2], [[0, 0, 2]]),
    ]

    @Test("blocks are those of Python's difflib", arguments: expected)
    func blocks(a: [Int32], b: [Int32], blocks: [[Int]]) {
        #expect(TokenAlignment.blocks(a, b).map { [$0.a, $0.b, $0.count] } == blocks)
    }

    @Test("shared tokens are the same tokens in the same order on both sides")
    func shared() {
        var stream = RandomStream(seed: 2)
        for _ in 0..<200 {
            func draw() -> [Int32] { (0..<stream.index(below: 15)).map { _ in Int32(stream.index(below: 5)) } }
            let (a, b) = (draw(), draw())
            let marks = TokenAlignment.shared(a, b)
            let left = zip(a, marks.a).filter(\.1).map(\.0)
            #expect(left == zip(b, marks.b).filter(\.1).map(\.0))
        }
    }
}
