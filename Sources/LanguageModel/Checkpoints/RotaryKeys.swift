import FileSupport

/// The keys of rotary positions in `config.json`, as transformers 5 reads them, `modeling_rope_utils.py`.
///
/// Most families have one set of them: `rope_scaling` where it holds anything, whole, else `rope_parameters`; a base that it
/// lacks stands at the root.
struct RotaryKeys {
    let config: JSONCursor
    /// The set; nil where there is none, and the root says all.
    let set: JSONCursor?

    /// The set of all layers.
    init(_ config: JSONCursor) throws {
        self.init(config, set: try config.filled("rope_scaling") ?? config.filled("rope_parameters"))
    }

    init(_ config: JSONCursor, set: JSONCursor?) {
        self.config = config
        self.set = set
    }

    /// A number of the set, else of the root, else what is usual; null is none.
    func number(_ key: String, root: String?, usual: Double) throws -> Double {
        if let set, let value = try set.present(key) { return try value.double() }
        if let root, let value = try config.present(root) { return try value.double() }
        return usual
    }

    /// How many values of a head turn in families that turn a part of it; where the part is odd, one value more does.
    func turning(of headSize: Int, root: String, usual: Double) throws -> Int {
        let share = try number("partial_rotary_factor", root: root, usual: usual)
        let turning = 0...1 ~= share ? Int(Double(headSize) * share) : -1
        guard turning >= 0, turning + turning % 2 <= headSize else {
            throw config.error("\(root) \(share) of a head of \(headSize)", remedy: "a share from 0 to 1 is wanted")
        }
        return turning
    }

    /// The frequencies of `size` values of a head.
    ///
    /// - Parameters:
    ///   - baseKey: the key of the base at the root.
    ///   - isPart: whether a family lets a part of a head turn, and `size` is that part.
    /// - Throws: ``InputError`` for a type that transformers does not know, or a set that lacks a number.
    func frequencies(
        size: Int, contextLength: Int, baseKey: String? = "rope_theta", usualBase: Double = 10_000, isPart: Bool = false
    ) throws -> RotaryFrequencies {
        let base = try number("rope_theta", root: baseKey, usual: usualBase)
        guard base > 0, base.isFinite else {
            throw config.error("\(baseKey ?? "rope_theta") is \(base)", remedy: "10000 is usual")
        }
        let scaling = try scaling(size: size, contextLength: contextLength)
        if scaling != .none, !isPart { try refusePart(but: scaling) }
        return RotaryFrequencies(base: Float(base), headSize: size, scaling: scaling)
    }

    /// In families that turn whole heads every type but the default reads a part, and then its widths do not fit.
    private func refusePart(but scaling: RotaryFrequencies.Scaling) throws {
        if case .proportional = scaling { return }
        let share = try number("partial_rotary_factor", root: "partial_rotary_factor", usual: 1)
        guard share == 1 else {
            throw config.error(
                "partial_rotary_factor is \(share)", remedy: "this family turns whole heads: take the key out")
        }
    }

    /// The way of stretching.
    var type: String {
        get throws { try (set?.present("rope_type") ?? set?.present("type"))?.string() ?? "default" }
    }

    /// How the frequencies are stretched; a factor without a type does nothing.
    private func scaling(size: Int, contextLength: Int) throws -> RotaryFrequencies.Scaling {
        guard let set else { return .none }
        let type = try self.type
        switch type {
        case "default": return .none
        case "linear": return .linear(factor: Float(try set.positive("factor")))
        case "dynamic":
            guard size > 2 else { throw set.error("dynamic positions of \(size) values", remedy: "4 are the least") }
            return .dynamic(factor: Float(try set.positive("factor")), context: contextLength)
        case "yarn": return .yarn(try yarn(set, contextLength))
        case "longrope": return .longRope(try longRope(set, size: size, contextLength))
        case "llama3":
            return .llama3(
                factor: Float(try set.positive("factor")), low: Float(try set.positive("low_freq_factor")),
                high: Float(try set.positive("high_freq_factor")),
                original: Float(try original(set, contextLength)))
        case "proportional":
            let share = try number("partial_rotary_factor", root: "partial_rotary_factor", usual: 1)
            guard 0...1 ~= share else {
                throw set.error("partial_rotary_factor is \(share)", remedy: "a share from 0 to 1 is wanted")
            }
            let factor = try set.present("factor") == nil ? 1 : set.positive("factor")
            return .proportional(share: Float(share), factor: Float(factor))
        default:
            throw set.error(
                "rotary positions of type \(type)",
                remedy: "default, linear, dynamic, yarn, longrope, llama3 and proportional are supported")
        }
    }

    /// The context of the training: at the root, else in the set, else that of the model.
    private func original(_ set: JSONCursor, _ contextLength: Int) throws -> Double {
        let key = "original_max_position_embeddings"
        return Double(try config.optionalSize(key) ?? set.optionalSize(key) ?? contextLength)
    }

    private func yarn(_ set: JSONCursor, _ contextLength: Int) throws -> RotaryFrequencies.YaRN {
        let original = try original(set, contextLength)
        let factor = try set.member("factor").value == .null ? Double(contextLength) / original : set.positive("factor")
        func other(_ key: String) throws -> Double? {
            let value = try set.optional(key)?.double()
            return value == 0 ? nil : value
        }
        let amplitude: Double
        if let given = try set.optional("attention_factor")?.double() {
            amplitude = given
        } else if let scale = try other("mscale"), let all = try other("mscale_all_dim") {
            amplitude =
                RotaryFrequencies.YaRN.amplitude(factor: factor, scale: scale)
                / RotaryFrequencies.YaRN.amplitude(factor: factor, scale: all)
        } else {
            amplitude = RotaryFrequencies.YaRN.amplitude(factor: factor)
        }
        return RotaryFrequencies.YaRN(
            factor: Float(factor), original: Float(original), fast: Float(try other("beta_fast") ?? 32),
            slow: Float(try other("beta_slow") ?? 1), truncates: try set.flag("truncate", true),
            amplitude: Float(amplitude))
    }

    private func longRope(_ set: JSONCursor, size: Int, _ contextLength: Int) throws -> RotaryFrequencies.LongRoPE {
        func factors(_ key: String) throws -> [Float] {
            let list = try set.member(key)
            let factors = try list.elements().map { Float(try $0.double()) }
            guard factors.count == (size + 1) / 2, factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw list.error(
                    "\(factors.count) factors for \(size) values that turn",
                    remedy: "\((size + 1) / 2) positive ones are wanted")
            }
            return factors
        }
        let original = try original(set, contextLength)
        let factor = try set.optional("factor")?.double() ?? Double(contextLength) / original
        let amplitude =
            try set.optional("attention_factor")?.double()
            ?? RotaryFrequencies.LongRoPE.amplitude(factor: factor, original: original)
        return RotaryFrequencies.LongRoPE(
            short: try factors("short_factor"), long: try factors("long_factor"), original: Int(original),
            amplitude: Float(amplitude))
    }
}

extension JSONCursor {
    /// The member under `key`, null too, or nil when it is absent.
    func present(_ key: String) throws -> JSONCursor? {
        guard case .object = value, value[key] == nil else { return try member(key) }
        return nil
    }

    /// An object that holds anything; null and `{}` are none.
    fileprivate func filled(_ key: String) throws -> JSONCursor? {
        guard let set = try optional(key), try !set.members().isEmpty else { return nil }
        return set
    }

    /// A number above 0.
    fileprivate func positive(_ key: String) throws -> Double {
        let value = try member(key).double()
        guard value > 0, value.isFinite else {
            throw error("\(key) is \(value)", remedy: "a positive number is wanted")
        }
        return value
    }
}

extension RotaryFrequencies {
    /// The members of `config.json` where all layers have these, the older key beside the set. Dynamic positions say the
    /// context of the training.
    var members: JSON {
        let members: JSON = ["rope_theta": .single(base), "rope_parameters": json]
        guard case .dynamic(_, let context) = scaling else { return members }
        return members.setting("max_position_embeddings", to: .integer(context))
    }

    /// As `rope_parameters` spells them.
    var json: JSON {
        func set(_ type: String, _ members: JSON = [:]) -> JSON {
            let named: JSON = ["rope_type": .string(type), "rope_theta": .single(base)]
            return named.setting(members)
        }
        switch scaling {
        case .none: return set("default")
        case .linear(let factor): return set("linear", ["factor": .single(factor)])
        case .dynamic(let factor, _): return set("dynamic", ["factor": .single(factor)])
        case .yarn(let yarn):
            return set(
                "yarn",
                [
                    "factor": .single(yarn.factor), "beta_fast": .single(yarn.fast), "beta_slow": .single(yarn.slow),
                    "original_max_position_embeddings": .integer(Int(yarn.original)),
                    "truncate": .bool(yarn.truncates), "attention_factor": .single(yarn.amplitude),
                ])
        case .longRope(let rope):
            return set(
                "longrope",
                [
                    "short_factor": .array(rope.short.map { .single($0) }),
                    "long_factor": .array(rope.long.map { .single($0) }),
                    "original_max_position_embeddings": .integer(rope.original),
                    "attention_factor": .single(rope.amplitude),
                ])
        case .llama3(let factor, let low, let high, let original):
            return set(
                "llama3",
                [
                    "factor": .single(factor), "low_freq_factor": .single(low), "high_freq_factor": .single(high),
                    "original_max_position_embeddings": .integer(Int(original)),
                ])
        case .proportional(let share, let factor):
            return set("proportional", ["partial_rotary_factor": .single(share), "factor": .single(factor)])
        }
    }
}
