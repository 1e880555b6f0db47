import FileSupport
import Foundation

/// What `adapter_config.json` of a LoRA adapter says, as PEFT reads it (`tuners/lora/config.py`).
struct AdapterConfiguration {
    let cursor: JSONCursor
    /// The folder of the base model, or its name on a hub.
    let base: String?
    /// Whether the scale is α / √r (Kalajdzievski 2023) instead of α / r.
    let isRankStabilised: Bool
    /// Whether the sum of weight and update is given lengths of its own (DoRA, Liu et al. 2024).
    let isDoRA: Bool
    /// Whether every update has a bias.
    let hasBias: Bool
    /// Modules that are stored whole, by the ends of their names.
    let saved: [String]
    private let rank: Int
    private let alpha: Double
    private let ranks: [(pattern: NamePattern, value: JSONCursor)]
    private let alphas: [(pattern: NamePattern, value: JSONCursor)]
    private let targets: NameList
    private let excluded: NameList?
    private let savedPatterns: [NamePattern]
    private let layers: [Int]?
    private let layerPatterns: [NamePattern]

    /// Keys that are read.
    private static let known: Set = [
        "peft_type", "base_model_name_or_path", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora",
        "use_dora", "lora_bias", "target_modules", "exclude_modules", "modules_to_save", "layers_to_transform",
        "layers_pattern", "init_lora_weights",
    ]
    /// Keys about training and its beginning, about how the adapter came to be, or that PEFT itself goes without:
    /// `fan_in_fan_out` follows from the kind of layer.
    private static let idle: Set = [
        "auto_mapping", "bias", "corda_config", "eva_config", "fan_in_fan_out", "inference_mode", "loftq_config",
        "lora_dropout", "lora_ga_config", "megatron_core", "merge_weights", "peft_version", "qalora_group_size",
        "revision", "runtime_config", "task_type",
    ]
    /// Keys of other arithmetic; what is null, false or empty asks for none.
    private static let foreign: Set = [
        "alora_invocation_tokens", "arrow_config", "enable_lora", "ensure_weight_tying", "kasa_config",
        "layer_replication", "megatron_config", "monteclora_config", "target_parameters", "trainable_token_indices",
        "use_bdlora", "use_qalora", "velora_config",
    ]
    /// Ways to begin that leave the base model as it is; the others change it when an adapter is read.
    private static let beginnings: Set = ["true", "false", "gaussian", "eva", "orthogonal"]

    static let merge = "merge it with peft, merge_and_unload(), and name the merged model's folder"

    /// - Throws: ``InputError`` for a key that changes the numbers in a way that is not supported, or is not known.
    init(_ file: String) throws {
        let cursor = try JSONCursor.read(file)
        let type = try cursor.member("peft_type").string()
        guard type == "LORA" else {
            throw cursor.error("an adapter of type \(type), and only LORA is supported", remedy: Self.merge)
        }
        for (key, value) in try cursor.members() where !Self.known.contains(key) && !Self.idle.contains(key) {
            if value.value == .null || Self.foreign.contains(key) && value.value.isEmpty { continue }
            throw cursor.error("\(key) is \(value.value.compact), which is not supported", remedy: Self.merge)
        }
        let beginning = try cursor.optional("init_lora_weights")?.value.compact.replacing("\"", with: "") ?? "true"
        guard Self.beginnings.contains(beginning) else {
            throw cursor.error(
                "init_lora_weights is \(beginning), which changes the base model",
                remedy: "convert it with peft, save_pretrained(path_initial_model_for_weight_conversion=…), or merge it"
            )
        }
        func flag(_ key: String) throws -> Bool { try cursor.optional(key)?.bool() ?? false }
        self.cursor = cursor
        base = try cursor.optional("base_model_name_or_path")?.string()
        isRankStabilised = try flag("use_rslora")
        let (isDoRA, hasBias) = (try flag("use_dora"), try flag("lora_bias"))
        guard !isDoRA || !hasBias else {
            throw cursor.error("use_dora and lora_bias are both true", remedy: "peft takes one of them")
        }
        (self.isDoRA, self.hasBias) = (isDoRA, hasBias)
        rank = try Self.rank(cursor.optional("r")) ?? 8
        alpha = try cursor.optional("lora_alpha")?.double() ?? 8
        ranks = try Self.patterns(cursor.optional("rank_pattern"))
        alphas = try Self.patterns(cursor.optional("alpha_pattern"))
        targets = try NameList(cursor.member("target_modules"))
        excluded = try cursor.optional("exclude_modules").map(NameList.init)
        let modules = try cursor.optional("modules_to_save")?.elements() ?? []
        saved = try modules.map { try $0.string() }
        savedPatterns = try modules.map { try NamePattern($0, "(?:^|.*\\.)(?:\(try $0.string()))(?:$|\\..*)") }
        layers = try cursor.optional("layers_to_transform")?.oneOrMore().map { try $0.int() }
        let parents = try cursor.optional("layers_pattern")?.oneOrMore() ?? []
        layerPatterns =
            parents.isEmpty
            ? [try NamePattern(cursor, ".*?\\.[^.]*\\.(\\d+)\\..*")]
            : try parents.map { try NamePattern($0, "(?:^|.*?\\.)(?:\(try $0.string()))\\.(\\d+)\\..*") }
    }

    private static func rank(_ cursor: JSONCursor?) throws -> Int? {
        guard let cursor else { return nil }
        let rank = try cursor.int()
        guard 1...65_536 ~= rank else { throw cursor.error("the rank is \(rank)", remedy: "a positive rank is wanted") }
        return rank
    }

    private static func patterns(_ cursor: JSONCursor?) throws -> [(pattern: NamePattern, value: JSONCursor)] {
        try cursor?.members().map { (try NamePattern($0.value, "(?:.*\\.)?(?:\($0.key))"), $0.value) } ?? []
    }

    /// r of a module's update.
    func rank(of module: String) throws -> Int {
        try Self.rank(ranks.first { $0.pattern.matches(module) }?.value) ?? rank
    }

    /// What a module's update `B A` is multiplied by.
    func scale(of module: String) throws -> Float {
        let alpha = try alphas.first { $0.pattern.matches(module) }?.value.double() ?? alpha
        let rank = Double(try rank(of: module))
        return Float(alpha / (isRankStabilised ? rank.squareRoot() : rank))
    }

    /// Whether PEFT gives a module an update, `check_target_module_exists` of `tuners/tuners_utils.py`.
    ///
    /// - Parameter isBlock: whether it stands in a block, for `all-linear`.
    func updates(_ module: String, isBlock: Bool) -> Bool {
        if let excluded, excluded.holds(module, isBlock: isBlock) { return false }
        if savedPatterns.contains(where: { $0.matches(module) }) { return false }
        guard targets.holds(module, isBlock: isBlock) else { return false }
        guard let layers, !layers.isEmpty, !targets.isPattern else { return true }
        let number = layerPatterns.lazy.compactMap { $0.firstGroup(module) }.first.flatMap { Int($0) }
        return number.map(layers.contains) ?? false
    }

    /// Whether a module is stored whole, by itself or as part of another.
    func saves(_ module: String) -> Bool {
        var name = module[...]
        while true {
            if saved.contains(where: { name.hasSuffix($0) }) { return true }
            guard let dot = name.lastIndex(of: ".") else { return false }
            name = name[..<dot]
        }
    }
}

/// A regular expression over names of modules, which are ASCII.
struct NamePattern {
    private let regex: Regex<AnyRegexOutput>

    init(_ cursor: JSONCursor, _ text: String) throws {
        do {
            regex = try Regex(text)
        } catch {
            throw cursor.error(
                "\(text) is no regular expression that is understood", remedy: "name the modules one by one")
        }
    }

    func matches(_ name: String) -> Bool { (try? regex.wholeMatch(in: name)) != nil }

    func firstGroup(_ name: String) -> Substring? { (try? regex.wholeMatch(in: name))?[1].substring }
}

/// Modules by the ends of their names, by one pattern, or `all-linear`.
private enum NameList {
    case names([String])
    case pattern(NamePattern)
    case allLinear

    init(_ cursor: JSONCursor) throws {
        if case .string(let text) = cursor.value {
            self = text.lowercased() == "all-linear" ? .allLinear : .pattern(try NamePattern(cursor, text))
        } else {
            self = .names(try cursor.elements().map { try $0.string() })
        }
    }

    var isPattern: Bool { if case .names = self { false } else { true } }

    func holds(_ module: String, isBlock: Bool) -> Bool {
        switch self {
        case .names(let names): names.contains { module == $0 || module.hasSuffix("." + $0) }
        case .pattern(let pattern): pattern.matches(module)
        case .allLinear: isBlock
        }
    }
}

extension JSONCursor {
    /// The elements of a list, or the value itself.
    fileprivate func oneOrMore() throws -> [JSONCursor] {
        if case .array = value { return try elements() }
        return [self]
    }
}

extension JSON {
    /// Whether this is null, false, or an empty text, list or object.
    fileprivate var isEmpty: Bool { [.null, .bool(false), .string(""), .array([]), .object([])].contains(self) }
}
