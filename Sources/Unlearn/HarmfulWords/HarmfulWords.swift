/// Where the harmful words of each row come from.
public enum HarmfulWords: Equatable, Sendable {
    /// Words and phrases of a lexicon, wherever they stand as whole words.
    case lexicon(WordLexicon)
    /// A column of the forget file that marks characters of the text, as `[3, 4, 5]` or `[[3, 6]]`.
    case column(String)
    /// A file of JSON lines, one row each: `{"row": id, "words": […], "spans": [[start, end], …]}`.
    ///
    /// `row` is the value of the id column, or the record's number where there is none. A word is a text, marked
    /// wherever it stands as a whole word, or an object with `bytes: [start, end]`; spans count characters. With
    /// `sha256` given, the row's text must have that digest. The review file has this form: edited, it can be read
    /// back.
    case annotations(String)
}
