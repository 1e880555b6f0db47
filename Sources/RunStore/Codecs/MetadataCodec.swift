import Records

// /provenance: a dict of scalars, and the dataframe `inputs`. A run that no study made has the model's name alone.

extension HDF5Group {
    private var inputColumns: [Column<InputFile>] {
        [Column("role", \.role), Column("name", \.path), Column("bytes", \.bytes), Column("sha256", \.sha256)]
    }

    func write(_ metadata: RunMetadata) throws {
        try setEncoding("dict")
        if let name = metadata.modelName { try writeScalar("model_name", name) }
        if let study = metadata.study {
            try writeScalar("study", study)
            try writeScalar("command_line", metadata.commandLine)
            try writeScalar("seed", metadata.seed)
            try writeScalar("threads", metadata.threads)
            if let kernels = metadata.kernels { try writeScalar("kernels", kernels) }
            if let objective = metadata.objective { try writeScalar("objective", objective) }
            try writeJSON("model", metadata.model)
            // One alone stands as it did when a run had no more than one.
            if metadata.forget.count == 1 {
                try writeJSON("forget_summary", metadata.forget[0])
            } else {
                try writeJSON("forget_summary", metadata.forget.isEmpty ? nil : metadata.forget)
            }
            try writeJSON("outcome", metadata.outcome)
            try writeJSON("perplexity", metadata.perplexity)
            try writeJSON("disjointness", metadata.disjointness)
            try writeJSON("null", metadata.null)
        }
        try writeTable("inputs", metadata.inputs, inputColumns)
    }

    /// What was forgotten: one set, or several in a list.
    private func readForgetSets() throws -> [ForgetSetSummary] {
        try readText("forget_summary").hasPrefix("[")
            ? try readJSON("forget_summary") ?? [] : [try readJSON("forget_summary")].compactMap { $0 }
    }

    func readMetadata() throws -> RunMetadata {
        var metadata = RunMetadata()
        if contains("model_name") { metadata.modelName = try readText("model_name") }
        if try children().contains(where: { !["inputs", "model_name"].contains($0) }) {
            metadata.study = try readText("study")
            metadata.commandLine = try readText("command_line")
            metadata.seed = try readInt("seed")
            metadata.threads = try readInt("threads")
            // Not kept by the first runs of schema 1.
            if contains("kernels") { metadata.kernels = try readText("kernels") }
            if contains("objective") { metadata.objective = try readText("objective") }
            metadata.model = try readJSON("model")
            metadata.forget = try readForgetSets()
            metadata.outcome = try readJSON("outcome")
            metadata.perplexity = try readJSON("perplexity") ?? []
            metadata.disjointness = try readJSON("disjointness") ?? []
            metadata.null = try readJSON("null")
        }
        metadata.inputs = try readTable(
            "inputs", blank: InputFile(role: "", path: "", bytes: 0, sha256: ""), inputColumns)
        return metadata
    }
}
