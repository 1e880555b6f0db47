import FileSupport
import Foundation
import Records
import Report

/// How `driftscope evaluate` cuts texts for a model.
package struct TextWindows {
    /// Most tokens of a window of perplexity, the begin token included; nil for the context length.
    package var window: Int?
    /// Tokens by which windows advance; nil makes them lie end to end.
    package var stride: Int?
    /// Whether the tokenizer's begin token stands before windows and passages.
    package var usesBegin = true

    package init(window: Int? = nil, stride: Int? = nil, usesBegin: Bool = true) {
        (self.window, self.stride, self.usesBegin) = (window, stride, usesBegin)
    }

    /// Refuses what no text is there for.
    func requireUse(texts: [String], lastWords: [String]) throws {
        let unused =
            texts.isEmpty && window != nil
            ? "--window" : texts.isEmpty && stride != nil ? "--stride" : nil
        if let unused {
            throw InputError("\(unused) without a text", at: "driftscope evaluate", remedy: "give --text too")
        }
        guard !usesBegin, texts.isEmpty, lastWords.isEmpty else { return }
        throw InputError(
            "--without-begin without a text", at: "driftscope evaluate", remedy: "give --text or --last-word too")
    }
}

extension ModelEvaluation {
    /// A perplexity, or pseudo-perplexity, with all that it depends on, in a line.
    static func perplexityText(_ path: String, _ value: Perplexity) -> String {
        "\(value.name) of \((path as NSString).lastPathComponent): \(NumberText.text(value.value)) "
            + "(window \(value.window), stride \(value.stride), begin token \(value.beginToken ? "yes" : "no"), "
            + "\(value.scoredTokens) tokens scored, per \(value.normaliserName))\n"
    }

    /// The same for machines.
    static func perplexityJSON(_ path: String, _ value: Perplexity) -> JSON {
        [
            "text": .string(path), "name": .string(value.name), "value": .number(value.value),
            "window": .integer(value.window),
            "stride": .integer(value.stride), "beginToken": .bool(value.beginToken),
            "scoredTokens": .integer(value.scoredTokens), "normaliser": .string(value.normaliserName),
        ]
    }
}
