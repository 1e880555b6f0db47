import Synchronization

/// The tokens of pieces met before, shared by all copies of a tokenizer.
///
/// Text repeats its words, so most pieces need one look-up instead of a merge loop. The cache stops growing at a fixed
/// number of words; what is in it never changes, so results do not depend on it.
final class WordCache: Sendable {
    /// Words and their ids.
    struct Words {
        private var words = ByteStringTable()
        private var ids: [Int32] = []
        private var ends: [Int] = [0]
        private static let limit = 1 << 16

        /// Appends the ids of a word met before; false when it is new.
        func append(_ word: UnsafeBufferPointer<UInt8>, to out: inout [Int32]) -> Bool {
            guard let number = words.find(word) else { return false }
            out.append(contentsOf: ids[ends[number]..<ends[number + 1]])
            return true
        }

        /// Keeps the ids of a word, while there is room.
        mutating func insert(_ word: UnsafeBufferPointer<UInt8>, ids new: ArraySlice<Int32>) {
            guard words.count < Self.limit, words.insert(word) else { return }
            ids.append(contentsOf: new)
            ends.append(ids.count)
        }
    }

    private let words = Mutex(Words())

    /// Runs `body` with the cache, or with an empty one while another thread holds it: nobody waits.
    func use(_ body: (inout Words) -> Void) {
        // A closure that runs at most once under the lock; `nil` from the lock means that it did not run.
        if words.withLockIfAvailable({ body(&$0) }) == nil {
            var own = Words()
            body(&own)
        }
    }
}
