/// What continuations are like: how long, how much they repeat, how varied they are, how many words of a list they hold.
///
/// Words are given as they are compared: folded, without punctuation.
public enum ContinuationMeasures {
    /// The share of a text's n-grams of words that stood in it before; 0 of a text with none.
    ///
    /// 1 − distinct n-grams / n-grams of one text, as Welleck et al. 2020 (section 6.1) measure repetition with n = 4.
    public static func repetition(_ words: [String], n: Int = 4) -> Double {
        let all = grams(words, n)
        return all.isEmpty ? 0 : 1 - Double(Set(all).count) / Double(all.count)
    }

    /// Distinct-n of several texts: distinct n-grams over n-grams, all texts together (Li et al. 2016); NaN of none.
    public static func distinct(_ texts: [[String]], n: Int) -> Double {
        let all = texts.flatMap { grams($0, n) }
        return all.isEmpty ? .nan : Double(Set(all).count) / Double(all.count)
    }

    private static func grams(_ words: [String], _ n: Int) -> [ArraySlice<String>] {
        words.count < n ? [] : (0...words.count - n).map { words[$0..<$0 + n] }
    }
}
