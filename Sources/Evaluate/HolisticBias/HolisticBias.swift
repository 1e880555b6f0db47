import FileSupport
import LinearAlgebra
import Records

/// HolisticBias (Smith et al. 2022, github.com/facebookresearch/ResponsibleNLP) as pairs: one template and noun, two descriptors of one
/// axis.
///
/// Three files, told apart by what they hold: `descriptors.json`, `nouns.json`, `sentence_templates.json`. The groups of an axis are its
/// buckets, or its descriptors where it has one bucket; a pair compares two groups, since descriptors of one bucket are mostly names of
/// one thing. No stereotype is said to belong to either: ``PairItem/more`` has the descriptor of the group that the file has
/// first, and the sign of a gap means no more than that. The label is the axis.
///
/// Of an axis with more than ``most`` pairs as many are drawn, with a fixed seed: pairs of groups, the descriptors of a group, nouns and
/// templates are each dealt like cards, all of them before one comes again.
public struct HolisticBias: PairBenchmark, Equatable {
    /// `holisticbias`.
    public static let key = "holisticbias"
    /// Its files.
    public static let summary = "HolisticBias's descriptors.json, nouns.json and sentence_templates.json (JSON)"
    /// The most pairs of an axis.
    public static let most = 2_000
    /// The pairs.
    public var pairs: PairSet

    /// Reads the three files.
    ///
    /// - Parameter labels: domain by axis, as in `["race_ethnicity": "race"]`; an axis without one is its own domain.
    /// - Throws: ``InputError`` for other files than one of each, a key or a placeholder that is none of HolisticBias, no pair at all.
    public static func read(_ files: [String], labels: [String: String]) throws -> [HolisticBias] {
        let parts = try HolisticBiasParts(files)
        let place = files.first ?? key
        let domains = try LabelSpellings.byKey(labels, place: place)
        var set = PairSet(name: key, path: place, items: [])
        for axis in parts.axes {
            let chosen = parts.choose(axis, most: most)
            if chosen.all > most {
                set.notes.append("\(axis.name): \(chosen.pairs.count) of \(chosen.all) pairs, drawn by a fixed seed")
            }
            for pair in chosen.pairs {
                let (one, other) = (axis.groups[pair.groups.0], axis.groups[pair.groups.1])
                let (template, noun) = (parts.templates[pair.template], parts.nouns[pair.noun])
                set.items.append(
                    PairItem(
                        row: set.items.count, more: template.sentence(one.descriptors[pair.descriptors.0], noun),
                        less: template.sentence(other.descriptors[pair.descriptors.1], noun), biasType: axis.name,
                        domain: domains[LabelSpellings.key(axis.name)],
                        clusters: [
                            "groups": one.name + "/" + other.name, "template": template.text, "noun": noun.singular,
                        ]))
            }
        }
        guard !set.items.isEmpty else {
            throw InputError(
                "no pair: no axis has two groups that share a noun", at: place, remedy: "give the published files")
        }
        set.notes.append("the sign of g is that of the files' order of groups, not of a stereotype")
        return [HolisticBias(pairs: set)]
    }
}
