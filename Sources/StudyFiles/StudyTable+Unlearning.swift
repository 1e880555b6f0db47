import FileSupport
import Yams

// The sections that say what is forgotten, how, and when that ends.

extension StudyTable {
    /// One forget set; the entries of `why.matrix` are such too.
    var forget: FieldType<StudyFile.Forget> {
        .section(StudyFile.Forget()) {
            Field(
                "domain", \.domain, .text, required: true, "the domain that its rows are about, one of `domains.target`"
            )
            Field("data", \.data, .path(), required: true, "table of texts: CSV, TSV or JSON lines")
            Field("text", \.text, .text, "column of the text")
            Field("id", \.id, .optional(.text), unset: "row number", "column of the rows' ids")
            Field(
                "where", \.conditions, .conditions,
                "which rows: column: value, or column: {`equals` · `member` · `part`: value}; `member` reads the cell "
                    + "as a list, `part` also splits its members at dots")
            Field(
                "exclude-domains", \.excludeDomains, .list(.text),
                "rows that name these domains, by label code or by word, are left out; counts are reported")
            Field(
                "codes", \.codes, .dictionary("code: domain"),
                "label codes beyond those of Dynamically Generated Hate Speech")
            Field(
                "harmful", \.harmful, .harmful,
                "where the harmful words come from: a word list, a column of character spans, annotations by row, the odds of words in rows with a value against all others, as a placebo words used as often as those of a list, or the words by which the model before calls a row harmful"
            )
            Field(
                "pairs", \.pairs, .optional(.path()), unset: "none",
                "pair file in CrowS-Pairs columns (CSV), for methods that compare sentences: its pairs about `domain`; "
                    + "other pairs than those of `evaluate`")
            Field(
                "swap", \.swap, .optional(swap, word: true),
                "pairs made of sentences and their counterfactuals, for the method `cda`")
        } check: { set, place in
            guard set.pairs == nil || set.swap == nil else {
                throw place.fail("both pairs and swap, which makes pairs", "keep one")
            }
        }
    }

    private var swap: FieldType<StudyFile.Forget.Swap> {
        .section(StudyFile.Forget.Swap()) {
            Field(
                "words", \.words, .path(builtIn: "lexicons/gender-swaps.csv"), required: true,
                "words that stand for each other: a table of two columns, a pair a row; `built-in` is one for gender")
            Field(
                "data", \.data, .optional(.path()), unset: "the forget rows",
                "text whose sentences with such words are taken, a sentence a line")
            Field("lines", \.lines, .optional(.lines), unset: "all", "the lines of it that are used")
        } check: { swap, place in
            guard swap.data != nil || swap.lines == nil else {
                throw place.fail("lines without data", "name the text, or leave lines out")
            }
        }
    }

    var forgetSets: FieldType<[StudyFile.Forget]> {
        let one = forget
        var type = FieldType.list(one, atMost: 100)
        type.read = { [read = type.read] value, folder in
            let sets = try read(value, folder)
            guard !sets.isEmpty else { throw value.fail("no forget set", "say what is forgotten") }
            return sets
        }
        type.write = { sets in
            sets.count == 1 ? one.write(sets[0]) : Node(sets.compactMap(one.write), Tag(.seq), .block)
        }
        type.takes = "\(one.takes), or a list of several such sets"
        type.children = one.children
        return type
    }

    var retain: FieldType<StudyFile.Retain> {
        .section(StudyFile.Retain()) {
            Field("data", \.data, .path(), required: true, "neutral text, a sentence a line")
            Field("lines", \.lines, .optional(.lines), unset: "all", "the lines of it that are used")
            Field(
                "loss", \.loss, .choice(["kl", "nll"]),
                "`kl`: KL(θ0 ‖ θ), stay close to the model before (ascent + KL); `nll`: negative log-likelihood of the "
                    + "text (gradient difference)")
            Field("weight", \.weight, .notNegative, "weight beside the forget term")
            Field(
                "batch", \.batch, .optional(.whole(1...Self.batch)), unset: "as `optimizer.batch`",
                "sentences in a step")
            Field("max-tokens", \.maximumTokens, .whole(2...1_048_576), "where a long line is cut, in tokens")
        }
    }

    var objective: FieldType<StudyFile.Objective> {
        let methods = registry.objectives.objectives.map { "`\($0.name)` \($0.summary)" }.joined(separator: "; ")
        var start = StudyFile.Objective()
        start.method = registry.objectives.names[0]
        return .section(start) {
            Field("method", \.method, .choice(registry.objectives.names), "the objective: " + methods)
            Field("weight", \.weight, .positive, "weight of the forget term")
            options
        }
    }

    var optimizer: FieldType<StudyFile.OptimizerSettings> {
        .section(StudyFile.OptimizerSettings()) {
            Field("name", \.name, .choice(["adamw", "sgd"]), "the rule of the steps")
            Field("learning-rate", \.learningRate, .positive, "step size at full rate")
            Field("weight-decay", \.weightDecay, .notNegative, "decoupled weight decay")
            Field("beta1", \.beta1, .share, "decay of AdamW's first moment")
            Field("beta2", \.beta2, .share, "decay of AdamW's second moment")
            Field("batch", \.batch, .whole(1...Self.batch), "sentences of the forget set in a step")
            Field("steps", \.steps, .whole(1...Self.steps), "steps of unlearning")
            Field("warmup", \.warmup, .whole(0...Self.steps), "steps of linear warm-up")
            Field(
                "schedule", \.schedule, .choice(["constant", "linear", "cosine"]),
                "the learning rate after the warm-up")
            Field("clip", \.clip, .orNone(.positive), "largest norm of the gradient")
            Field(
                "checkpoint-activations", \.checkpointsActivations, .flag,
                "keep only the input of each block for the backward pass: the same numbers, less memory, more time")
            Field(
                "lora", \.lora, .optional(lora, word: true),
                "low-rank factors are trained in the place of the parameters (LoRA); `why.forecast` and "
                    + "`why.decomposition` must be false")
        }
    }

    private var lora: FieldType<StudyFile.OptimizerSettings.LowRank> {
        .section(StudyFile.OptimizerSettings.LowRank()) {
            Field("rank", \.rank, .whole(1...65_536), "rank of the update, PEFT's `r`")
            Field("alpha", \.alpha, .positive, "the update is alpha/rank · B A, PEFT's `lora_alpha`")
            Field(
                "modules", \.modules, .list(.text), required: true,
                "linear layers of the blocks, by the ends of their names such as `c_attn`, or `all-linear`; PEFT's "
                    + "`target_modules`")
        }
    }

    var guardRule: FieldType<StudyFile.GuardRule> {
        .section(StudyFile.GuardRule()) {
            Field(
                "data", \.data, .path(), required: true,
                "text of its own, a sentence a line, disjoint from retain and perplexity text")
            Field("lines", \.lines, .optional(.lines), unset: "all", "the lines of it that are used")
            Field(
                "perplexity", \.limits.perplexityRise, .orNone(.rise),
                "largest rise of perplexity; beyond it the last good state is restored")
            Field("kl", \.limits.kl, .orNone(.positive), "largest mean KL divergence from θ0, nats a token")
            Field(
                "lms", \.lms, .optional(.positive),
                "largest fall of the LMS of the study's first StereoSet benchmark, in points")
            Field(
                "hatecheck", \.hateCheck, .optional(.positive),
                "largest change of HateCheck's mean gap, hateful less not hateful, in nats a token")
            Field(
                "custom", \.custom, .limits,
                "largest change for the worse of a score of `evaluate.custom`, in its own unit")
            Field("check-every", \.checkEvery, .whole(1...Self.steps), "steps between two looks")
        }
    }
}
