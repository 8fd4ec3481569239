# Rscript changes.R folder: reads cases.json there (csv, formula, k treated), writes answers.json. Units are rows, treated is
# 0 or 1; every set of k untreated units of the treated ones' strata takes its turn, by lm.
suppressMessages({library(clubSandwich); library(jsonlite)})
folder <- commandArgs(TRUE)[1]

effect <- function(formula, data) {
  m <- lm(formula, data = data, weights = w)
  x <- model.matrix(m); k <- match("treated", colnames(x))
  # the weight of each outcome in the estimate, and so its variance where outcomes' variances are given
  a <- (solve(crossprod(x, data$w * x)) %*% t(data$w * x))[k, ]
  list(estimate = unname(coef(m)["treated"]), a = a, model = m)
}

answers <- lapply(fromJSON(file.path(folder, "cases.json"), simplifyDataFrame = FALSE), function(case) {
  data <- read.csv(file.path(folder, case$csv), stringsAsFactors = TRUE)
  formula <- as.formula(case$formula)
  own <- effect(formula, data)
  robust <- vcovCR(own$model, cluster = seq_len(nrow(data)), type = "CR2", target = 1 / data$w, inverse_var = TRUE)
  test <- coef_test(own$model, vcov = robust, test = "Satterthwaite")["treated", ]
  others <- data[data$treated == 0, ]
  e <- others$change - fitted(lm(update(formula, . ~ . - treated), data = others, weights = w))
  by_size <- coef(lm(e^2 ~ I(1 / others$size)))
  variance <- function(d) by_size[1] + by_size[2] / d$size
  error <- function(found, d) sqrt(sum(found$a^2 * variance(d)))
  turns <- combn(nrow(others), sum(data$treated), function(set) {
    if (!setequal(table(others$stratum[set]), table(data$stratum[data$treated == 1]))) return(c(NA, NA))
    if (any(sort(as.character(others$stratum[set])) != sort(as.character(data$stratum[data$treated == 1])))) return(c(NA, NA))
    others$treated <- 0; others$treated[set] <- 1
    found <- effect(formula, others)
    c(found$estimate, found$estimate / error(found, others))
  })
  turns <- turns[, !is.na(turns[1, ]), drop = FALSE]
  p <- function(value, turns) (1 + sum(abs(turns) >= abs(value) - 1e-9)) / (1 + length(turns))
  list(estimate = own$estimate, cr2_se = test$SE, cr2_df = test$df, cr2_p = test$p_Satt, sets = ncol(turns),
       between = unname(by_size[1]), within = unname(by_size[2]), p = p(own$estimate, turns[1, ]),
       p_by_size = p(own$estimate / error(own, data), turns[2, ]), error = error(own, data))
})
write_json(answers, file.path(folder, "answers.json"), digits = NA, auto_unbox = TRUE)
