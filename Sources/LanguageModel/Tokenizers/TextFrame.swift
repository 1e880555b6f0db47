import FileSupport

/// The markers of a tokenizer: those around a whole text, and the one that stands for a hidden word.
struct TextFrame: Sendable, Equatable {
    /// Stands before a text.
    var begin: Int32?
    /// Stands after a text, when the tokenizer's own template puts it there.
    var end: Int32?
    /// Stands for a hidden word of a masked model.
    var mask: Int32?
    /// Whether transformers puts begin and end token there by itself, as the tokenizer's template says.
    var isTemplate = false

    /// The template of a `tokenizer.json` that puts the begin token in front; nil when there is none to put.
    func template(key: (Int32) -> String) -> JSON? {
        guard isTemplate, let begin else { return nil }
        let name = JSON.string(key(begin))
        let text: JSON = ["Sequence": ["id": "A", "type_id": 0]]
        let marker: JSON = ["id": name, "ids": .array([.integer(Int(begin))]), "tokens": .array([name])]
        return [
            "type": "TemplateProcessing", "single": [["SpecialToken": ["id": name, "type_id": 0]], text],
            "pair": [text, ["Sequence": ["id": "B", "type_id": 1]]],
            "special_tokens": .object([(key(begin), marker)]),
        ]
    }
}
