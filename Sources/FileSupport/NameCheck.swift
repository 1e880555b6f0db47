/// The names that a user gives to domains, groups, words and columns: they become names of groups and datasets in run.h5,
/// names of files, keys of JSON and words of a report.
public enum NameCheck {
    /// More bytes of UTF-8 than anyone reads, and fewer than file systems and HDF5 take.
    public static let longest = 200

    /// What keeps a text from being a name, in words; nil for a name.
    public static func fault(_ name: String) -> String? {
        guard !name.isEmpty else { return "an empty name" }
        let shown = name.prefix(40).description.oneLine
        guard name.utf8.count <= longest else {
            return "a name of \(name.utf8.count) bytes, and \(longest) is the most: `\(shown)…`"
        }
        return name.oneLine == name ? nil : "a name with a control character: `\(name.oneLine)`"
    }
}
