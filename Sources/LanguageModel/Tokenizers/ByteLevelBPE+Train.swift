import FileSupport
import HeapModule

extension ByteLevelBPE {
    /// Learns a vocabulary from text: the 256 bytes, then the most frequent pair of tokens, again and again; last
    /// `<|endoftext|>`.
    ///
    /// Pairs are counted inside the pieces of ``GPT2Splitter`` only. Of equally frequent pairs the one with the lower
    /// ids is merged first, so the result depends on the text alone; it equals that of `BpeTrainer` in the `tokenizers`
    /// package (Sennrich et al. 2016). When `vocabularySize` leaves room, merging goes on until every piece, a word
    /// with the space in front of it, is one token; then the vocabulary is smaller than asked for.
    ///
    /// - Parameters:
    ///   - vocabularySize: most tokens, at least 257.
    ///   - minimumFrequency: pairs that are rarer stay apart.
    /// - Throws: ``InputError`` when `vocabularySize` is too small for the bytes.
    public static func train(
        texts: some Sequence<String>, vocabularySize: Int, minimumFrequency: Int = 1
    ) throws -> ByteLevelBPE {
        guard vocabularySize > 256 else {
            throw InputError(
                "a vocabulary of \(vocabularySize) tokens", at: "training of the tokenizer",
                remedy: "allow at least 257: 256 bytes and \(endOfText)")
        }
        var trainer = PairTrainer(texts: texts)
        while trainer.vocabulary.count < vocabularySize - 1, trainer.mergeNext(minimumFrequency: minimumFrequency) {}
        let spellings = trainer.vocabulary.map(ByteAlphabet.spelling)
        let end = Int32(spellings.count)
        return try ByteLevelBPE(
            vocabulary: spellings + [endOfText],
            merges: trainer.merges.map { (spellings[Int($0.left)], spellings[Int($0.right)]) },
            added: [AddedToken(id: end, text: Array(endOfText.utf8), isSpecial: true)],
            options: Options(frame: TextFrame(begin: end)), place: "the trained tokenizer")
    }
}

/// The words of a text as symbols, and how often each pair of symbols stands side by side.
private struct PairTrainer {
    /// The bytes of every token so far.
    private(set) var vocabulary: [[UInt8]]
    /// The merges so far.
    private(set) var merges: [(left: Int32, right: Int32)] = []

    private var known = ByteStringTable()
    /// The symbols of each different word, and how often the word occurs.
    private var words: [[Int32]] = []
    private var frequencies: [Int] = []
    private var counts: [Pair: Int] = [:]
    /// Words that hold or held the pair; a word may stand there twice.
    private var places: [Pair: [Int32]] = [:]
    private var candidates = Heap<Candidate>()

    private struct Pair: Hashable, Comparable {
        var left: Int32
        var right: Int32

        static func < (a: Pair, b: Pair) -> Bool { (a.left, a.right) < (b.left, b.right) }
    }

    /// A pair with its count at some time; the first to merge is the least.
    private struct Candidate: Comparable {
        var count: Int
        var pair: Pair

        static func < (a: Candidate, b: Candidate) -> Bool { (b.count, a.pair) < (a.count, b.pair) }
    }

    init(texts: some Sequence<String>) {
        vocabulary = ByteAlphabet.order.map { [$0] }
        var ids = [Int32](repeating: 0, count: 256)
        for (id, byte) in ByteAlphabet.order.enumerated() {
            ids[Int(byte)] = Int32(id)
            known.insert([byte])
        }
        var table = ByteStringTable()
        for var text in texts {
            text.withUTF8 { bytes in
                ByteSplitter.gpt2.forEachPiece(in: bytes) { piece in
                    let word = UnsafeBufferPointer(rebasing: bytes[piece])
                    if let number = table.find(word) {
                        frequencies[number] += 1
                    } else {
                        table.insert(word)
                        words.append(word.map { ids[Int($0)] })
                        frequencies.append(1)
                    }
                }
            }
        }
        for (number, word) in words.enumerated() {
            for (left, right) in zip(word, word.dropFirst()) { add(Pair(left: left, right: right), 1, number) }
        }
        for (pair, count) in counts { candidates.insert(Candidate(count: count, pair: pair)) }
    }

    /// Merges the most frequent pair; false when none is frequent enough.
    mutating func mergeNext(minimumFrequency: Int) -> Bool {
        while let candidate = candidates.popMin() {
            let count = counts[candidate.pair] ?? 0
            if count != candidate.count {
                if count > 0 { candidates.insert(Candidate(count: count, pair: candidate.pair)) }
                continue
            }
            guard count >= max(1, minimumFrequency) else { return false }
            merge(candidate.pair)
            return true
        }
        return false
    }

    private mutating func merge(_ pair: Pair) {
        let bytes = vocabulary[Int(pair.left)] + vocabulary[Int(pair.right)]
        // Two ways of merging can lead to the same bytes, and so to the same token.
        if known.insert(bytes) { vocabulary.append(bytes) }
        let result = Int32(known.find(bytes) ?? vocabulary.count - 1)
        merges.append((pair.left, pair.right))

        var fresh: Set<Pair> = []
        for number in Set(places.removeValue(forKey: pair) ?? []).sorted() {
            mergeWord(Int(number), pair, result, &fresh)
        }
        counts[pair] = nil
        for pair in fresh {
            if let count = counts[pair], count > 0 { candidates.insert(Candidate(count: count, pair: pair)) }
        }
    }

    private mutating func mergeWord(_ number: Int, _ pair: Pair, _ result: Int32, _ fresh: inout Set<Pair>) {
        let old = words[number]
        var new: [Int32] = []
        new.reserveCapacity(old.count)
        var index = 0
        while index < old.count {
            if index + 1 < old.count, old[index] == pair.left, old[index + 1] == pair.right {
                new.append(result)
                index += 2
            } else {
                new.append(old[index])
                index += 1
            }
        }
        guard new.count < old.count else { return }
        for (left, right) in zip(old, old.dropFirst()) { add(Pair(left: left, right: right), -1, number) }
        for (left, right) in zip(new, new.dropFirst()) {
            let pair = Pair(left: left, right: right)
            add(pair, 1, number)
            if left == result || right == result { fresh.insert(pair) }
        }
        words[number] = new
    }

    private mutating func add(_ pair: Pair, _ change: Int, _ number: Int) {
        counts[pair, default: 0] += change * frequencies[number]
        if change > 0, places[pair]?.last != Int32(number) { places[pair, default: []].append(Int32(number)) }
    }
}
