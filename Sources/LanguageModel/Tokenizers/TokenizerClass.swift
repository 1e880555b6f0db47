import FileSupport

/// The class that transformers 5 makes of a tokenizer's files (`models/auto/tokenization_auto.py`).
///
/// The first takes `tokenizer.json` as it is. The others take vocabulary and merges alone, and build normalizer and
/// pre-tokenizer anew from `tokenizer_config.json`.
enum TokenizerClass: String, CaseIterable {
    case backend = "TokenizersBackend"
    case gpt2 = "GPT2Tokenizer"
    case roberta = "RobertaTokenizer"
    case gptNeoX = "GPTNeoXTokenizer"
    case qwen2 = "Qwen2Tokenizer"
    case llama = "LlamaTokenizer"
    case gemma = "GemmaTokenizer"
    case bert = "BertTokenizer"

    /// By `model_type`.
    private static let usual: [String: TokenizerClass] = [
        "bert": .bert, "gemma2": .gemma, "gemma3_text": .gemma, "gpt2": .gpt2, "gptj": .gpt2, "gpt_neox": .gptNeoX,
        "mistral": .backend, "olmo2": .backend, "opt": .gpt2, "phi3": .backend, "qwen2": .qwen2, "qwen3": .qwen2,
        "roberta": .roberta,
    ]
    /// Types of model whose usual class goes before the one that is named.
    private static let fixed: Set = ["phi3", "qwen2"]
    private static let generic: Set = ["TokenizersBackend", "PreTrainedTokenizer", "PythonBackend", "BloomTokenizer"]

    /// The class of a folder.
    ///
    /// - Parameters:
    ///   - config: `config.json`, which names the type of model and perhaps a class.
    ///   - hasByteLevel: whether `tokenizer.json` speaks of bytes.
    /// - Throws: ``InputError`` for a class that is not known here.
    static func of(
        _ settings: TokenizerSettings, config: JSON?, hasByteLevel: Bool, place: String
    ) throws -> TokenizerClass {
        func text(_ json: JSON?, _ key: String) -> String? {
            if case .string(let text)? = json?[key] { text } else { nil }
        }
        let type = text(config, "model_type") ?? ""
        let usual = usual[type]
        guard var name = text(settings.json, "tokenizer_class") ?? text(config, "tokenizer_class") else {
            return usual ?? .backend
        }
        if name.hasSuffix("Fast") { name.removeLast("Fast".count) }
        let named: TokenizerClass? = generic.contains(name) ? .backend : TokenizerClass(rawValue: name)
        if settings.json?["auto_map"] == nil {
            if named == .llama, hasByteLevel, !fixed.contains(type) { return .backend }
            if usual == .backend { return .backend }
            if let usual, fixed.contains(type) { return usual }
        }
        guard let named else {
            throw InputError(
                "tokenizer_class is \(name), which is not supported", at: place,
                remedy: "the supported ones are \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return named
    }

    /// Normalizer and pre-tokenizer of a class that builds them; nil where `tokenizer.json` says.
    func parts(_ settings: TokenizerSettings) throws -> (normalizer: TextNormalizer, splitting: TokenizerSplitting)? {
        let prefix = try settings.flag("add_prefix_space")
        switch self {
        case .backend: return nil
        case .gpt2, .roberta: return (TextNormalizer(), .bytes(.gpt2, spaceInFront: prefix ?? false))
        case .gptNeoX: return (TextNormalizer(steps: [.composed]), .bytes(.gpt2, spaceInFront: prefix ?? false))
        case .qwen2:
            if prefix == true { throw settings.unsupported("add_prefix_space is true beside a pattern") }
            return (TextNormalizer(steps: [.composed]), .bytes(.qwen2))
        case .llama:
            let isLegacy = try settings.flag("legacy") ?? false
            let mark = TextNormalizer.Step.prependMark(isLegacy ? .unlessThere : .unlessThereAtStart)
            let marks = TextNormalizer(steps: [.markSpaces] + (prefix ?? true ? [mark] : []))
            return (TextNormalizer(), .spaces(SentencePieceBPE.Spaces(marks: marks)))
        case .gemma: return (TextNormalizer(steps: [.markSpaces]), .spaces(SentencePieceBPE.Spaces()))
        case .bert:
            return (
                TextNormalizer(
                    bertLowercases: try settings.flag("do_lower_case") ?? true,
                    withoutAccents: try settings.flag("strip_accents"),
                    ideographsApart: try settings.flag("tokenize_chinese_chars") ?? true), .bert
            )
        }
    }

    /// The members of `model` in `tokenizer.json` that count, as the class sets them.
    func model(_ model: JSONCursor, _ settings: TokenizerSettings) throws -> JSONCursor {
        guard self != .backend else { return model }
        let type = try model.optional("type")?.string() ?? "BPE"
        guard type == (self == .bert ? "WordPiece" : "BPE") else {
            throw model.unsupported("a tokenizer of type \(type) of the class \(rawValue)")
        }
        var members: JSON = ["type": .string(type)]
        for key in ["vocab", "merges"] { if let value = model.value[key] { members = members.setting(key, to: value) } }
        if self == .bert {
            members = members.setting("unk_token", to: .string(try settings.text("unk_token") ?? "[UNK]"))
        }
        return JSONCursor(
            members.setting("byte_fallback", to: .bool(self == .llama || self == .gemma)), place: model.place)
    }

    /// The markers of a class that settings do not name; nil for one that it does without unless named.
    var markers: [String: String?] {
        func all(_ text: String, _ keys: String...) -> [String: String?] {
            Dictionary(uniqueKeysWithValues: keys.map { (key: String) -> (String, String?) in (key, text) })
        }
        switch self {
        case .backend: return [:]
        case .gpt2:
            return all("<|endoftext|>", "bos_token", "eos_token", "unk_token").merging(["pad_token": nil]) { $1 }
        case .roberta:
            return [
                "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>",
                "pad_token": "<pad>", "cls_token": "<s>", "mask_token": "<mask>",
            ]
        case .gptNeoX:
            return all("<|endoftext|>", "bos_token", "eos_token", "unk_token").merging(["pad_token": "<|padding|>"]) {
                $1
            }
        case .qwen2:
            return all("<|endoftext|>", "eos_token", "unk_token", "pad_token").merging(["bos_token": nil]) { $1 }
        case .llama: return ["bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"]
        case .gemma:
            return [
                "bos_token": "<bos>", "eos_token": "<eos>", "unk_token": "<unk>", "pad_token": "<pad>",
                "mask_token": "<mask>",
            ]
        case .bert:
            return [
                "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
                "mask_token": "[MASK]",
            ]
        }
    }
}

extension TextNormalizer {
    /// BERT's normalizer; accents go with the capitals unless told.
    init(bertLowercases lowers: Bool, withoutAccents: Bool?, ideographsApart: Bool, cleaned: Bool = true) {
        steps = cleaned ? [.cleaned] : []
        if ideographsApart { steps.append(.ideographsApart) }
        if withoutAccents ?? lowers { steps.append(.withoutAccents) }
        if lowers { steps.append(.lowercase) }
    }
}
