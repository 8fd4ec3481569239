# Many small studies, each fitted with lmerTest and pbkrtest, in one process.
# Usage: Rscript boundary.R STUDIES.csv FORMULA RESULTS.json; a study is the rows that share a value of `study`.
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(jsonlite)})
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "least.R"))
arguments <- commandArgs(TRUE)
one <- function(data) {
  m <- least_fit(arguments[2], data)
  found <- coef(summary(m, ddf = "Satterthwaite")); plain <- vcov(m); adjusted <- vcovAdj(m); k <- nrow(found)
  vc <- as.data.frame(VarCorr(m)); o <- lm(lme4::nobars(as.formula(arguments[2])), data)
  list(criterion = criterion(m), beta = unname(fixef(m)), se = unname(found[, "Std. Error"]),
    satterthwaite_df = unname(found[, "df"]), kr_se = unname(sqrt(diag(as.matrix(adjusted)))),
    kr_df = sapply(seq_len(k), function(i) Lb_ddf(as.numeric(seq_len(k) == i), plain, adjusted)),
    variances = vc$vcov, ols_beta = unname(coef(o)), ols_se = unname(coef(summary(o))[, "Std. Error"]))
}
data <- read.csv(arguments[1])
write_json(lapply(split(data, data$study), one), arguments[3], digits = NA, auto_unbox = TRUE)
